import type { Model } from "../../../plan/plan.js";
import type { Secrets } from "../../kernel/module.js";
import type { Target } from "../client.js";

export interface Upstreams {
  readonly targets: readonly Target[];
  /** Why there are no more; undefined when nothing is missing. */
  readonly missing: string | undefined;
}

/**
 * Servers outside of the platform that speak the OpenAI API (OpenAI itself, vLLM, any other), as the plan names them. One
 * whose key is missing is left out: it would answer nothing but that it does not know us.
 */
export async function upstreamTargets(model: Model, secrets: Secrets): Promise<Upstreams> {
  const engine =
    model.engine === "best" || model.engine === "llama.cpp" || model.engine === "simulated" ? "openai" : model.engine;
  const targets: Target[] = [];
  const missing: string[] = [];
  for (const [index, upstream] of model.upstreams.entries()) {
    const url = upstream.url.replace(/\/+$/, "").replace(/\/v1$/, "");
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
      reason: `${engine}: the platform file names ${host}`,
    });
  }
  return { targets, missing: missing.length === 0 ? undefined : missing.join("; ") };
}
