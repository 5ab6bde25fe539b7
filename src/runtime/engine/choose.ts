import type { Model } from "../../plan/plan.js";

/** What was detected on this machine: the input of the choice. */
export interface Facts {
  /** A complete GGUF file of the model on this machine. */
  readonly cached: string | undefined;
  /** Why llama.cpp cannot run here; undefined if it can. */
  readonly llamaCppMissing: string | undefined;
  /** A running Ollama and its models. */
  readonly ollama: { readonly url: string; readonly models: readonly string[] } | undefined;
  /** Whether the model's file can be downloaded, and its size. */
  readonly download: Download;
}

export type Download =
  | { readonly kind: "possible"; readonly url: string; readonly bytes: number | undefined }
  /** `why`: the reason in one line, such as an unreachable network. */
  | { readonly kind: "refused"; readonly why: string }
  /** The source of the model is not downloadable. */
  | { readonly kind: "nothing" };

export type Choice = { readonly reason: string } & (
  | { readonly engine: "llama.cpp"; readonly file: string }
  /** `meanwhile`: the engine that serves the model until the file is downloaded. */
  | { readonly engine: "llama.cpp"; readonly download: string; readonly meanwhile: "simulated" | "nothing" }
  | { readonly engine: "ollama"; readonly url: string; readonly upstreamModel: string }
  | { readonly engine: "simulated" }
  | { readonly engine: "none" }
);

/** Maximum size of a file that `best` downloads without being configured to. */
const MAX_AUTOMATIC_DOWNLOAD_BYTES = 2 * 1024 ** 3;

/** The engine of a model on this machine, and why. Pure. */
export function chooseEngine(model: Model, facts: Facts): Choice {
  switch (model.engine) {
    case "simulated":
      return { engine: "simulated", reason: "simulated: set in the platform file" };
    case "ollama":
      return configuredOllama(model, facts);
    case "llama.cpp":
      return configuredLlama(model, facts);
    default:
      return best(model, facts);
  }
}

function best(model: Model, facts: Facts): Choice {
  const rejected: string[] = [];
  if (facts.cached !== undefined) {
    if (facts.llamaCppMissing === undefined) {
      return { engine: "llama.cpp", file: facts.cached, reason: "llama.cpp: the model's file is on this machine" };
    }
    rejected.push(`llama.cpp cannot run (${facts.llamaCppMissing})`);
  }
  const { ollama, download } = facts;
  if (ollama !== undefined) {
    const upstreamModel = ollamaName(model, ollama.models);
    if (upstreamModel !== undefined) {
      return {
        engine: "ollama",
        url: ollama.url,
        upstreamModel,
        reason: `ollama: running at ${ollama.url} with ${upstreamModel}`,
      };
    }
    rejected.push("the running Ollama has no model");
  }
  if (facts.llamaCppMissing === undefined && facts.cached === undefined) {
    if (download.kind === "possible" && (download.bytes ?? 0) <= MAX_AUTOMATIC_DOWNLOAD_BYTES) {
      return {
        engine: "llama.cpp",
        download: download.url,
        ...whileDownloading(model),
      };
    }
    if (download.kind === "possible")
      rejected.push(`the model's file is ${gigabytes(download.bytes ?? 0)}, too large for an automatic download`);
    if (download.kind === "refused") rejected.push(`the model's file cannot be downloaded (${download.why})`);
    if (download.kind === "nothing") rejected.push("the model has no file");
  }
  return simulatedOrNone(model, rejected.join("; ") || "no other engine is available");
}

/** The simulator substitutes only models with `fallback: simulated`. */
function simulatedOrNone(model: Model, why: string): Choice {
  return model.simulated ? { engine: "simulated", reason: `simulated: ${why}` } : { engine: "none", reason: why };
}

function whileDownloading({ simulated }: Model): {
  readonly meanwhile: "simulated" | "nothing";
  readonly reason: string;
} {
  return simulated
    ? { meanwhile: "simulated", reason: "simulated until the model's file is downloaded, then llama.cpp" }
    : { meanwhile: "nothing", reason: "llama.cpp: the model's file is being downloaded" };
}

function configuredLlama(model: Model, { cached, llamaCppMissing, download }: Facts): Choice {
  if (llamaCppMissing !== undefined) return simulatedOrNone(model, `llama.cpp cannot run here: ${llamaCppMissing}`);
  if (cached !== undefined) return { engine: "llama.cpp", file: cached, reason: "llama.cpp: set in the platform file" };
  if (download.kind === "possible") return { engine: "llama.cpp", download: download.url, ...whileDownloading(model) };
  const why = download.kind === "refused" ? download.why : "its source is neither a file nor hf://";
  return simulatedOrNone(model, `llama.cpp has no model file: ${why}`);
}

function configuredOllama(model: Model, { ollama }: Facts): Choice {
  if (ollama === undefined) return simulatedOrNone(model, "no Ollama is running on this machine");
  const upstreamModel =
    ollamaName(model, ollama.models) ?? (model.source.kind === "name" ? model.source.name : model.name);
  return { engine: "ollama", url: ollama.url, upstreamModel, reason: `ollama: running at ${ollama.url}` };
}

/** The model of this name, else the first one of the same kind (text or embeddings). */
function ollamaName(model: Model, available: readonly string[]): string | undefined {
  const wanted = model.source.kind === "name" ? model.source.name : model.name;
  const exact = available.find((name) => name === wanted || name === `${wanted}:latest`);
  if (exact !== undefined) return exact;
  return available.find((name) => /embed|minilm|bge/i.test(name) === model.embeddings);
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 1e8) / 10} GB`;
}
