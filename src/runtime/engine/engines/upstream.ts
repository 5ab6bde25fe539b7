import type { Model } from "../../../plan/plan.js";
import type { Secrets } from "../../kernel/module.js";
import type { Target } from "../client.js";

export interface Upstreams {
  readonly targets: readonly Target[];
  /** Why upstreams are missing; undefined if none is. */
  readonly missing: string | undefined;
}

/**
 * External servers with the OpenAI API (OpenAI, vLLM, others), from the plan. A server whose key is missing is omitted, because it
 * would reject every request.
 */
export async function upstreamTargets(model: Model, secrets: Secrets): Promise<Upstreams> {
  const engine =
    model.engine === "best" || model.engine === "llama.cpp" || model.engine === "simulated" ? "openai" : model.engine;
  const targets: Target[] = [];
  const missing: string[] = [];
  for (const [index, upstream] of model.upstreams.entries()) {
    const { url } = upstream;
    const { host } = new URL(url);
    const key = upstream.secret === undefined ? undefined : await secrets.read(upstream.secret);
    if (upstream.secret !== undefined && !key) {
      missing.push(`the secret ${upstream.secret}, the key of ${host}, is missing`);
      continue;
    }
    targets.push({
      id: `${model.name}-${index}`,
      model: model.name,
      url,
      upstreamModel: upstream.model,
      weight: upstream.weight,
      authorization: key === undefined ? undefined : `Bearer ${key}`,
      engine,
      reason: `${engine}: ${host}, set in the platform file`,
    });
  }
  return { targets, missing: missing.length === 0 ? undefined : missing.join("; ") };
}
