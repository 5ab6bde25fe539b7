import { KeelsonError } from "../errors/keelson-error.js";
import { namesFile } from "../plan/model-source.js";
import type { Model, Plan } from "../plan/plan.js";
import { formatPlace } from "../platform-file/diagnostic.js";

/**
 * Throws `engine/not-here` for the first model that no engine of this machine can serve: its weights require vLLM, or its
 * source is not a file, and neither the simulator nor another model is a fallback for it. Depends on the plan only, and runs before
 * anything is created or started.
 */
export function requireEngines(plan: Plan): void {
  for (const model of plan.models) {
    const why = hasFallback(plan, model) ? undefined : unservable(model);
    if (why === undefined) continue;
    const origin = plan.origins[`${model.path}.engine`] ?? plan.origins[model.path];
    const place = origin ? ` (${formatPlace({ origin, path: model.path })})` : "";
    throw new KeelsonError("engine/not-here", `${model.path}${place}: ${why}, and it has no fallback`);
  }
}

/** Whether the simulator or a model that it falls back to can serve. */
function hasFallback({ models }: Plan, { simulated, fallbacks }: Model): boolean {
  return simulated || models.some((other) => fallbacks.includes(other.name) && unservable(other) === undefined);
}

/** Why no engine of this machine can load the model; undefined if one can. */
function unservable({ engine, source, upstreams, simulated }: Model): string | undefined {
  if (upstreams.length > 0 || simulated) return undefined;
  const loadable = source.kind === "file" || (source.kind === "huggingface" && namesFile(source.url));
  if (engine === "vllm") return loadable ? undefined : "vLLM requires a GPU server, which keelson up does not run";
  return source.kind === "huggingface" && !loadable && engine !== "ollama"
    ? `${source.url} is a repository, but llama.cpp loads a single GGUF file`
    : undefined;
}
