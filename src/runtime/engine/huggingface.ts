import { KeelsonError } from "../../spec/errors.js";

/** Where a mirror stands in for huggingface.co; the variable that its own tools read. */
function endpoint(): string {
  return (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
}

const hub = /^hf:\/\/([\w.-]+)\/([\w.-]+)\/([^@]+?)(?:@([\w.-]+))?$/;

/** Whether `downloadUrl` knows an address for a source. */
export function namesFile(source: string): boolean {
  return /^https?:\/\//.test(source) || hub.test(source);
}

/**
 * `hf://owner/repository/path/file.gguf[@revision]` as the HTTPS address of the file; `https://…` and `http://…` stay.
 * @throws KeelsonError for anything else.
 */
export function downloadUrl(source: string): string {
  if (/^https?:\/\//.test(source)) return source;
  const match = hub.exec(source);
  if (match === null) {
    throw new KeelsonError("model/source", `${source} does not name a file to download`, {
      hint: "write hf://OWNER/REPOSITORY/FILE.gguf, with @REVISION to pin it",
    });
  }
  const [, owner, repository, file, revision = "main"] = match;
  const path = (file ?? "").split("/").map(encodeURIComponent).join("/");
  return `${endpoint()}/${owner}/${repository}/resolve/${revision}/${path}`;
}

/** The name that a downloaded file has in the cache: readable, and different for different sources. */
export function cacheName(source: string): string {
  return source.replace(/^[a-z]+:\/\//, "").replace(/[^\w.@-]+/g, "--");
}
