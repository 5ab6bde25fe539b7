import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Model } from "../../plan/plan.js";
import type { Context } from "../kernel/module.js";
import { unitUrl } from "../kernel/peers.js";
import type { Engine, Target } from "./client.js";
import { upstreamTargets } from "./engines/upstream.js";

/** How often names are looked up again: replicas come and go. */
const lookupEvery = 2_000;

/**
 * Engines that run in other processes: one target for each address of a model's unit (a headless Service and a Compose
 * service name one for each replica), and the plan's upstreams for models that no unit serves.
 */
export function enginesOfPlan(context: Context): Engine {
  const listeners = new Set<() => void>();
  const found = new Map<string, readonly Target[]>();
  const complained = new Set<string>();

  const set = (model: string, targets: readonly Target[]): void => {
    if (JSON.stringify(found.get(model)) === JSON.stringify(targets)) return;
    found.set(model, targets);
    for (const listener of listeners) listener();
  };
  const follow = async (model: Model, url: string, authorization: string | undefined): Promise<void> => {
    try {
      set(model.name, await replicaTargets(model, url, authorization));
      complained.delete(model.name);
    } catch (error) {
      if (!complained.has(model.name))
        context.log.warn({ model: model.name, url, error: String(error) }, "the model's unit has no address");
      complained.add(model.name);
    }
    setTimeout(() => void follow(model, url, authorization), lookupEvery).unref();
  };
  for (const model of context.plan.models) {
    const unit = context.plan.units.find(({ name }) => name === model.unit);
    const told = context.peers[`engine/${model.name}`] ?? context.peers["engine"];
    // Only Keelson's own engine module is shown the internal token; vLLM and Ollama bring their own servers.
    const own = told !== undefined || unit === undefined || unit.modules.includes("engine");
    const authorization = own ? `Bearer ${context.internalToken}` : undefined;
    const url = told ?? (unit === undefined ? undefined : unitUrl(unit));
    if (model.upstreams.length > 0)
      void upstreamTargets(model, context.secrets).then((targets) => set(model.name, targets));
    else if (url !== undefined) void follow(model, url, authorization);
  }
  return {
    targets: () => [...found.values()].flat(),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function replicaTargets(model: Model, url: string, authorization: string | undefined): Promise<Target[]> {
  const { hostname, port, protocol } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(literal)
    ? [literal]
    : (await lookup(literal, { all: true })).map(({ address }) => address).sort();
  return addresses.map((address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    return {
      id: addresses.length === 1 ? `${model.name}-0` : `${model.name}-${address}`,
      model: model.name,
      url: `${protocol}//${host}${port === "" ? "" : `:${port}`}`,
      upstreamModel: model.engine === "ollama" && model.source.kind === "name" ? model.source.name : model.name,
      weight: 1,
      authorization,
      engine: model.engine === "best" ? "llama.cpp" : model.engine,
      reason: `served by the unit ${model.unit ?? hostname}`,
    };
  });
}
