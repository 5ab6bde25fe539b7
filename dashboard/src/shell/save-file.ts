/** Time for the browser to start reading the file. */
const REVOKE_AFTER_MS = 60_000;

/** Saves data as a file, as if the user had followed a link to it. */
export function saveFile(name: string, data: Blob): void {
  const url = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
