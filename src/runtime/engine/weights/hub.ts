import { KeelsonError } from "../../../errors/keelson-error.js";
import { hubFile } from "../../../plan/model-source.js";

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

/** The hub's token (`HF_TOKEN`), for sources at the hub only; another server must not receive it. */
export function hubAuthorization(source: string): string | undefined {
  const token = process.env["HF_TOKEN"];
  return token && source.startsWith("hf://") ? `Bearer ${token}` : undefined;
}
