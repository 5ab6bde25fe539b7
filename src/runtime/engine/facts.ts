import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { statIfPresent } from "../../disk/read.js";
import { namesFile } from "../../plan/model-source.js";
import type { Model } from "../../plan/plan.js";
import type { Download, Facts } from "./choose.js";
import { probeDownload } from "./download.js";
import { llamaCppMissing } from "./engines/llama-cpp.js";
import { askOllama } from "./engines/ollama.js";
import { cacheName, downloadUrl } from "./huggingface.js";

/** Nobody waits longer than this for a network that may not be there. */
const networkTimeout = 3_000;

/** Where downloaded model files are kept: shared by all platforms of this user, because they are large. */
function modelCache(): string {
  return (
    process.env["KEELSON_MODELS"] ||
    join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "keelson", "models")
  );
}

/** The file of a model's source, downloaded or not; undefined when it names none. */
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

/** Looks at this machine: files, a running Ollama, and (only where it matters) the network. */
export async function gatherFacts(model: Model): Promise<Facts> {
  if (model.engine === "simulated")
    return { cached: undefined, llamaCppMissing: undefined, ollama: undefined, download: { kind: "nothing" } };
  const file = modelFile(model);
  const cached = file !== undefined && (await isFile(file)) ? file : undefined;
  const ollama =
    model.engine === "llama.cpp" || (cached !== undefined && model.engine === "best") ? undefined : await askOllama();
  const download =
    cached !== undefined || model.engine === "ollama" || ollama !== undefined ? nothing : await downloadOf(model);
  return { cached, llamaCppMissing: llamaCppMissing(), ollama, download };
}

const nothing: Download = { kind: "nothing" };

async function downloadOf({ source }: Model): Promise<Download> {
  if (source.kind === "file") return { kind: "refused", why: `there is no file ${source.file}` };
  if (source.kind !== "huggingface") return nothing;
  if (!namesFile(source.url)) return { kind: "refused", why: `${source.url} names no file` };
  if (process.env["KEELSON_OFFLINE"]) return { kind: "refused", why: "KEELSON_OFFLINE is set" };
  const url = downloadUrl(source.url);
  const found = await probeDownload(url, networkTimeout);
  return "why" in found ? { kind: "refused", why: found.why } : { kind: "possible", url, bytes: found.bytes };
}

async function isFile(path: string): Promise<boolean> {
  const found = await statIfPresent(path);
  return found?.isFile() === true && found.size > 0;
}
