import { nameAtServer } from "../../plan/model-source.js";
import type { Model, ModelSource } from "../../plan/plan.js";
import type { OllamaFacts } from "./engines/ollama.js";
import type { DownloadedSource } from "./weights/cache.js";

export type FileSource = Extract<ModelSource, { kind: "file" }>;

/** A source that cannot be used. `why`: the reason in one line, such as an unreachable network. */
export interface Unavailable {
  readonly from: string;
  readonly why: string;
}

/** What was detected on this machine: the input of the choice. */
export interface Facts {
  /** The first source whose complete file is on this machine. */
  readonly present: { readonly from: string; readonly file: string } | undefined;
  /** The first source that can be downloaded, if none is on this machine. */
  readonly downloadable: { readonly source: DownloadedSource; readonly bytes: number | undefined } | undefined;
  /** Earlier sources that are unavailable. */
  readonly skipped: readonly Unavailable[];
  /** Why llama.cpp cannot run here; undefined if it can. */
  readonly llamaCppMissing: string | undefined;
  /** A running Ollama, or why there is none; undefined if the choice does not depend on it. */
  readonly ollama: OllamaFacts | undefined;
}

export type Choice = { readonly reason: string } & (
  | { readonly engine: "llama.cpp"; readonly from: string; readonly file: string }
  /** The weights are downloaded first; `afterwards` is the reason from then on. */
  | {
      readonly engine: "llama.cpp";
      readonly download: DownloadedSource;
      /** The engine that serves the model if the download takes long. */
      readonly meanwhile: "simulated" | "nothing";
      readonly afterwards: string;
    }
  | { readonly engine: "ollama"; readonly url: string; readonly upstreamModel: string }
  /** `final`: the platform file sets it; otherwise it substitutes an engine that may become available. */
  | { readonly engine: "simulated"; readonly final: boolean }
  | { readonly engine: "none" }
);

/** Maximum size of a file that `best` downloads without being configured to. */
const MAX_AUTOMATIC_DOWNLOAD_BYTES = 2 * 1024 ** 3;

/** The engine of a model on this machine, and why. Pure. */
export function chooseEngine(model: Model, facts: Facts): Choice {
  switch (model.engine) {
    case "simulated":
      return { engine: "simulated", final: true, reason: "simulated: set in the platform file" };
    case "ollama":
      return configuredOllama(model, facts);
    case "llama.cpp":
      return configuredLlama(model, facts);
    default:
      return best(model, facts);
  }
}

function best(model: Model, facts: Facts): Choice {
  const { ollama, downloadable, present, llamaCppMissing } = facts;
  const rejected: string[] = [];
  if (llamaCppMissing === undefined && present !== undefined) return loaded(present, facts);
  if (llamaCppMissing !== undefined) rejected.push(`llama.cpp cannot run (${llamaCppMissing})`);
  if (ollama?.kind === "running") {
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
  } else if (ollama?.kind === "foreign") rejected.push(ollama.why);
  // A name is one of Ollama's library.
  else if (ollama !== undefined && model.sources.some(({ kind }) => kind === "name"))
    rejected.push(`${nameAtServer(model)}: ${ollama.why}`);
  if (llamaCppMissing === undefined && downloadable !== undefined) {
    if ((downloadable.bytes ?? 0) <= MAX_AUTOMATIC_DOWNLOAD_BYTES) return downloading(model, downloadable, facts);
    rejected.push(`the model's file is ${gigabytes(downloadable.bytes ?? 0)}, too large for an automatic download`);
  }
  rejected.push(...facts.skipped.map(reasonOf));
  if (model.sources.length === 0) rejected.push("the model has no file");
  return simulatedOrNone(model, rejected.join("; ") || "no other engine is available");
}

/** The simulator substitutes only models with `fallback: simulated`. */
function simulatedOrNone(model: Model, why: string): Choice {
  return model.simulated
    ? { engine: "simulated", final: false, reason: `simulated: ${why}` }
    : { engine: "none", reason: why };
}

function loaded({ from, file }: NonNullable<Facts["present"]>, { skipped }: Facts): Choice {
  return { engine: "llama.cpp", from, file, reason: `llama.cpp: ${from} is on this machine${because(skipped)}` };
}

function downloading({ simulated }: Model, { source }: NonNullable<Facts["downloadable"]>, { skipped }: Facts): Choice {
  const until = `until ${source.from} is downloaded${because(skipped)}`;
  return {
    engine: "llama.cpp",
    download: source,
    afterwards: `llama.cpp: ${source.from} was downloaded${because(skipped)}`,
    meanwhile: simulated ? "simulated" : "nothing",
    reason: `not served ${until}`,
  };
}

/** Why the sources before the chosen one were not chosen. */
function because(skipped: readonly Unavailable[]): string {
  return skipped.length === 0 ? "" : ` (${skipped.map(reasonOf).join("; ")})`;
}

function reasonOf({ from, why }: Unavailable): string {
  return why.includes(from) ? why : `${from}: ${why}`;
}

function configuredLlama(model: Model, facts: Facts): Choice {
  const { present, llamaCppMissing, downloadable, skipped } = facts;
  if (llamaCppMissing !== undefined) return simulatedOrNone(model, `llama.cpp cannot run here: ${llamaCppMissing}`);
  if (present !== undefined) return loaded(present, facts);
  if (downloadable !== undefined) return downloading(model, downloadable, facts);
  const why = skipped.map(reasonOf).join("; ") || "its source is not a file";
  return simulatedOrNone(model, `llama.cpp has no model file: ${why}`);
}

function configuredOllama(model: Model, { ollama }: Facts): Choice {
  if (ollama?.kind !== "running") return simulatedOrNone(model, ollama?.why ?? "no Ollama is running on this machine");
  const upstreamModel = ollamaName(model, ollama.models) ?? nameAtServer(model);
  return { engine: "ollama", url: ollama.url, upstreamModel, reason: `ollama: running at ${ollama.url}` };
}

/** The model of this name, else the first one of the same kind (text or embeddings). */
function ollamaName(model: Model, available: readonly string[]): string | undefined {
  const wanted = nameAtServer(model);
  const exact = available.find((name) => name === wanted || name === `${wanted}:latest`);
  if (exact !== undefined) return exact;
  return available.find((name) => /embed|minilm|bge/i.test(name) === model.embeddings);
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 1e8) / 10} GB`;
}
