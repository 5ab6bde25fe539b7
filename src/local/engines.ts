import { dirname, isAbsolute, resolve } from "node:path";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { namesFile } from "../plan/model-source.js";
import { originOf } from "../plan/origin.js";
import type { Model, ModelSource, Plan } from "../plan/plan.js";
import { formatPlace } from "../platform-file/diagnostic.js";

/**
 * The plan with the paths of its model files resolved: a relative path is relative to the platform file. Runs before anything is
 * created or started.
 * @throws KeelsonError `engine/not-here` for the first model that no engine of this machine can serve (its weights require vLLM, or
 * its source is not a file), and `model/missing-file` for one whose files do not exist, if it has neither another source nor a
 * fallback.
 */
export async function requireEngines(planned: Plan): Promise<Plan> {
  const plan = { ...planned, models: planned.models.map((model) => resolveFiles(planned, model)) };
  for (const model of plan.models) {
    if (hasFallback(plan, model)) continue;
    const why = unservable(model);
    if (why !== undefined)
      throw new KeelsonError(
        "engine/not-here",
        `${model.path} ${placeOf(plan, `${model.path}.engine`)}: ${why}, and it has no fallback`,
      );
    await requireFile(plan, model);
  }
  return plan;
}

function resolveFiles(plan: Plan, model: Model): Model {
  const sources = model.sources.map((source, index): ModelSource => {
    if (source.kind !== "file" || isAbsolute(source.file)) return source;
    const { file } = originOf(plan, `${model.path}.source[${index}]`);
    return { ...source, file: resolve(dirname(file), source.file) };
  });
  return { ...model, sources };
}

/** A mistyped path would otherwise be found by the first request. */
async function requireFile(plan: Plan, model: Model): Promise<void> {
  if (model.upstreams.length > 0 || model.engine === "ollama" || model.engine === "simulated") return;
  const missing: string[] = [];
  for (const source of model.sources) {
    if (source.kind !== "file" || (await statIfPresent(source.file))?.isFile()) return;
    missing.push(source.file);
  }
  if (missing.length === 0) return;
  throw new KeelsonError(
    "model/missing-file",
    `${model.path}.source ${placeOf(plan, `${model.path}.source`)}: there is no file ${missing.join(", ")}`,
  );
}

function placeOf(plan: Plan, path: string): string {
  return `(${formatPlace({ origin: originOf(plan, path), path })})`;
}

/** Whether the simulator or a model that it falls back to can serve. */
function hasFallback({ models }: Plan, { simulated, fallbacks }: Model): boolean {
  return simulated || models.some((other) => fallbacks.includes(other.name) && unservable(other) === undefined);
}

/** Why no engine of this machine can load the model; undefined if one can. */
function unservable({ engine, sources, upstreams, simulated }: Model): string | undefined {
  if (upstreams.length > 0 || simulated || engine === "ollama") return undefined;
  const loadable = sources.some(({ kind, from }) => kind === "file" || kind === "pypi" || namesFile(from));
  if (loadable) return undefined;
  if (engine === "vllm") return "vLLM requires a GPU server, which keelson up does not run";
  const [repository] = sources.filter(({ kind }) => kind === "huggingface");
  return repository && `${repository.from} is a repository, but llama.cpp loads a single GGUF file`;
}
