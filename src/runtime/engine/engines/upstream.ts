import type { Model } from "../../../plan/plan.js";
import type { Secrets } from "../../kernel/module.js";
import type { Target } from "../client.js";

/** Servers outside of the platform that speak the OpenAI API (OpenAI itself, vLLM, any other), as the plan names them. */
export async function upstreamTargets(model: Model, secrets: Secrets): Promise<Target[]> {
  const engine =
    model.engine === "best" || model.engine === "llama.cpp" || model.engine === "simulated" ? "openai" : model.engine;
  return Promise.all(
    model.upstreams.map(async (upstream, index) => {
      const secret = upstream.secret === undefined ? undefined : await secrets.read(upstream.secret);
      const url = upstream.url.replace(/\/+$/, "").replace(/\/v1$/, "");
      return {
        id: `${model.name}-${index}`,
        model: model.name,
        url,
        upstreamModel: upstream.model,
        weight: upstream.weight,
        authorization: secret === undefined ? undefined : `Bearer ${secret}`,
        engine,
        reason: `${engine}: the platform file names ${new URL(url).host}`,
      };
    }),
  );
}
