import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { statIfPresent } from "../../disk/read.js";
import { namesFile } from "../../plan/model-source.js";
import type { Model } from "../../plan/plan.js";
import type { Download, Facts } from "./choose.js";
import { probeDownload } from "./download.js";
import { llamaCppMissing } from "./engines/llama-cpp.js";
import { detectOllama } from "./engines/ollama.js";
import { cacheName, downloadUrl } from "./huggingface.js";

/** A start must not be delayed by an unreachable network for longer than this. */
const PROBE_TIMEOUT_MS = 3_000;

/** Directory of downloaded model files. All platforms of a user share it, because the files are large. */
function modelCache(): string {
  return (
    process.env["KEELSON_MODELS"] ||
    join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "keelson", "models")
  );
}

/** The file of a model's source, whether it exists or not; undefined if the source has none. */
export function modelFile(model: Model): string | undefined {
  switch (model.source.kind) {
    case "file":
      return isAbsolute(model.source.file) ? model.source.file : resolve(model.source.file);
    case "huggingface":
      return join(modelCache(), cacheName(model.source.url));
    default:
      return undefined;
  }
}

/** Detects what this machine has: files, a running Ollama, and the network (only if the choice depends on it). */
export async function gatherFacts(model: Model): Promise<Facts> {
  if (model.engine === "simulated")
    return { cached: undefined, llamaCppMissing: undefined, ollama: undefined, download: { kind: "nothing" } };
  const file = modelFile(model);
  const cached = file !== undefined && (await isFile(file)) ? file : undefined;
  const ollama =
    model.engine === "llama.cpp" || (cached !== undefined && model.engine === "best")
      ? undefined
      : await detectOllama();
  const download =
    cached !== undefined || model.engine === "ollama" || ollama !== undefined ? nothing : await downloadOf(model);
  return { cached, llamaCppMissing: llamaCppMissing(), ollama, download };
}

const nothing: Download = { kind: "nothing" };

async function downloadOf({ source }: Model): Promise<Download> {
  if (source.kind === "file") return { kind: "refused", why: `there is no file ${source.file}` };
  if (source.kind !== "huggingface") return nothing;
  if (!namesFile(source.url)) return { kind: "refused", why: `${source.url} is not a file` };
  if (process.env["KEELSON_OFFLINE"]) return { kind: "refused", why: "KEELSON_OFFLINE is set" };
  const url = downloadUrl(source.url);
  const found = await probeDownload(url, PROBE_TIMEOUT_MS);
  return "why" in found ? { kind: "refused", why: found.why } : { kind: "possible", url, bytes: found.bytes };
}

async function isFile(path: string): Promise<boolean> {
  const found = await statIfPresent(path);
  return found?.isFile() === true && found.size > 0;
}
