import type { Model } from "../../plan/plan.js";

/** What was found on this machine before the choice. */
export interface Facts {
  /** A GGUF file of the model that is here, whole. */
  readonly cached: string | undefined;
  /** Why llama.cpp cannot run here; undefined when it can. */
  readonly llamaCppMissing: string | undefined;
  /** A running Ollama and the models it has. */
  readonly ollama: { readonly url: string; readonly models: readonly string[] } | undefined;
  /** Whether the model's file can be fetched, and how large it is. */
  readonly download: Download;
}

export type Download =
  | { readonly kind: "possible"; readonly url: string; readonly bytes: number | undefined }
  /** One line: no network, no such file … */
  | { readonly kind: "refused"; readonly why: string }
  /** The model names nothing that could be fetched. */
  | { readonly kind: "nothing" };

export type Choice = { readonly reason: string } & (
  | { readonly engine: "llama.cpp"; readonly file: string }
  /** `meanwhile`: what answers until the file is here. */
  | { readonly engine: "llama.cpp"; readonly download: string; readonly meanwhile: "simulated" | "nothing" }
  | { readonly engine: "ollama"; readonly url: string; readonly upstreamModel: string }
  | { readonly engine: "simulated" }
  | { readonly engine: "none" }
);

/** `best` fetches by itself what a person would not mind waiting for. */
const smallBytes = 2 * 1024 ** 3;

/** The engine for a model that asks for the best (or for one that runs here), and why: pure. */
export function chooseEngine(model: Model, facts: Facts): Choice {
  switch (model.engine) {
    case "simulated":
      return { engine: "simulated", reason: "simulated: the platform file says so" };
    case "ollama":
      return askedOllama(model, facts);
    case "llama.cpp":
      return askedLlama(model, facts);
    default:
      return best(model, facts);
  }
}

function best(model: Model, facts: Facts): Choice {
  const passed: string[] = [];
  if (facts.cached !== undefined) {
    if (facts.llamaCppMissing === undefined) {
      return { engine: "llama.cpp", file: facts.cached, reason: "llama.cpp: the model's file is here" };
    }
    passed.push(`llama.cpp cannot run (${facts.llamaCppMissing})`);
  }
  const { ollama, download } = facts;
  if (ollama !== undefined) {
    const named = ollamaName(model, ollama.models);
    if (named !== undefined) {
      return {
        engine: "ollama",
        url: ollama.url,
        upstreamModel: named,
        reason: `ollama: it runs at ${ollama.url} and has ${named}`,
      };
    }
    passed.push("the running Ollama has no model");
  }
  if (facts.llamaCppMissing === undefined && facts.cached === undefined) {
    if (download.kind === "possible" && (download.bytes ?? 0) <= smallBytes) {
      return {
        engine: "llama.cpp",
        download: download.url,
        ...whileDownloading(model),
      };
    }
    if (download.kind === "possible")
      passed.push(`the model's file is ${gigabytes(download.bytes ?? 0)}, too much to fetch unasked`);
    if (download.kind === "refused") passed.push(`the model's file cannot be fetched (${download.why})`);
    if (download.kind === "nothing") passed.push("the model names no file");
  }
  return simulatedOrNone(model, passed.join("; ") || "nothing better is here");
}

/** The simulator stands in only for models whose `fallback` says that it may. */
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

function askedLlama(model: Model, { cached, llamaCppMissing, download }: Facts): Choice {
  if (llamaCppMissing !== undefined) return simulatedOrNone(model, `llama.cpp cannot run here: ${llamaCppMissing}`);
  if (cached !== undefined)
    return { engine: "llama.cpp", file: cached, reason: "llama.cpp: the platform file says so" };
  if (download.kind === "possible") return { engine: "llama.cpp", download: download.url, ...whileDownloading(model) };
  const why = download.kind === "refused" ? download.why : "its source is neither a file nor hf://";
  return simulatedOrNone(model, `llama.cpp has no model file: ${why}`);
}

function askedOllama(model: Model, { ollama }: Facts): Choice {
  if (ollama === undefined) return simulatedOrNone(model, "no Ollama answers on this machine");
  const upstreamModel =
    ollamaName(model, ollama.models) ?? (model.source.kind === "name" ? model.source.name : model.name);
  return { engine: "ollama", url: ollama.url, upstreamModel, reason: `ollama: it runs at ${ollama.url}` };
}

/** The model's own name first, then the first one that is no embedding model. */
function ollamaName(model: Model, has: readonly string[]): string | undefined {
  const wanted = model.source.kind === "name" ? model.source.name : model.name;
  const exact = has.find((name) => name === wanted || name === `${wanted}:latest`);
  if (exact !== undefined) return exact;
  return has.find((name) => /embed|minilm|bge/i.test(name) === model.embeddings);
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 1e8) / 10} GB`;
}
