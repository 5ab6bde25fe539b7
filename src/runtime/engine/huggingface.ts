import { KeelsonError } from "../../errors/keelson-error.js";
import { hubFile } from "../../plan/model-source.js";

/** Where a mirror stands in for huggingface.co; the variable that its own tools read. */
function endpoint(): string {
  return (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
}

/**
 * `hf://owner/repository/path/file.gguf[@revision]` as the HTTPS address of the file; `https://…` and `http://…` stay.
 * @throws KeelsonError for anything else.
 */
export function downloadUrl(source: string): string {
  if (/^https?:\/\//.test(source)) return source;
  const found = hubFile(source);
  if (found === undefined) {
    throw new KeelsonError("model/source", `${source} does not name a file to download`);
  }
  const { owner, repository, file, revision } = found;
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${endpoint()}/${owner}/${repository}/resolve/${revision}/${path}`;
}

/** The name that a downloaded file has in the cache: readable, and different for different sources. */
export function cacheName(source: string): string {
  return source.replace(/^[a-z]+:\/\//, "").replace(/[^\w.@-]+/g, "--");
}
