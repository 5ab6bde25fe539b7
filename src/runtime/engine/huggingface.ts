import { KeelsonError } from "../../errors/keelson-error.js";
import { hubFile } from "../../plan/model-source.js";

/** The address of huggingface.co or of its mirror, by the variable that its own tools read. */
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
    throw new KeelsonError("model/source", `${source} is not a file to download`);
  }
  const { owner, repository, file, revision } = found;
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${endpoint()}/${owner}/${repository}/resolve/${revision}/${path}`;
}

/** The name of a downloaded file in the cache: readable, and unique per source. */
export function cacheName(source: string): string {
  return source.replace(/^[a-z]+:\/\//, "").replace(/[^\w.@-]+/g, "--");
}
