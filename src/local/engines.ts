import { KeelsonError } from "../errors/keelson-error.js";
import { namesFile } from "../plan/model-source.js";
import type { Model, Plan } from "../plan/plan.js";
import { formatPlace } from "../platform-file/diagnostic.js";

/**
 * Throws `engine/not-here` for the first model that nothing on this machine can ever serve, whatever else it has: its
 * weights are for vLLM alone, or its source names no file, and neither the simulator nor another model may answer for it.
 * Decided from the plan, so that it is told before anything is made or started.
 */
export function requireEngines(plan: Plan): void {
  for (const model of plan.models) {
    const why = answered(plan, model) ? undefined : unservable(model);
    if (why === undefined) continue;
    const origin = plan.origins[`${model.path}.engine`] ?? plan.origins[model.path];
    const place = origin ? ` (${formatPlace({ origin, path: model.path })})` : "";
    throw new KeelsonError("engine/not-here", `${model.path}${place}: ${why}, and nothing may answer in its place`);
  }
}

/** Whether the model, the simulator or one of the models that it falls back to can answer. */
function answered({ models }: Plan, { simulated, fallbacks }: Model): boolean {
  return simulated || models.some((other) => fallbacks.includes(other.name) && unservable(other) === undefined);
}

/** Why no engine of this machine loads the model; undefined when one may. */
function unservable({ engine, source, upstreams, simulated }: Model): string | undefined {
  if (upstreams.length > 0 || simulated) return undefined;
  const loadable = source.kind === "file" || (source.kind === "huggingface" && namesFile(source.url));
  if (engine === "vllm") return loadable ? undefined : "vLLM needs a GPU server: keelson up runs none";
  return source.kind === "huggingface" && !loadable && engine !== "ollama"
    ? `${source.url} names a repository, but llama.cpp loads one GGUF file`
    : undefined;
}
