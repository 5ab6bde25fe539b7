import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { bearer } from "../../contracts/platform-token.js";
import { messageOf } from "../../errors/thrown.js";
import { nameAtServer } from "../../plan/model-source.js";
import type { Model } from "../../plan/plan.js";
import { isSocketHost } from "../../unix-sockets/socket-url.js";
import type { Context } from "../kernel/module.js";
import { unitUrl } from "../kernel/peers.js";
import type { Engine, Target } from "./client.js";
import { type Upstreams, upstreamTargets } from "./engines/upstream.js";

/** Interval at which host names are resolved and keys of upstreams read again: replicas and keys change. */
const LOOKUP_INTERVAL_MS = 2_000;

/**
 * Engines that run in other processes: one target per address of a model's unit (a headless Service or a Compose service resolves
 * to one address per replica), and the plan's upstreams for models that no unit serves. Look-ups stop when the process stops.
 */
export function enginesOfPlan(context: Context): Engine {
  const listeners = new Set<() => void>();
  const found = new Map<string, readonly Target[]>();
  const missing = new Map<string, string>();
  /** Models without a server because the key of every upstream is missing. An address that cannot be resolved may be, a moment later. */
  const unusable = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();
  context.closed.addEventListener("abort", () => timers.forEach(clearTimeout), { once: true });

  const set = (model: string, targets: readonly Target[]): void => {
    if (JSON.stringify(found.get(model)) === JSON.stringify(targets)) return;
    found.set(model, targets);
    for (const listener of listeners) listener();
  };
  const poll = async (model: Model, lookUp: () => Promise<Upstreams>): Promise<void> => {
    let reason: string | undefined;
    try {
      const upstreams = await lookUp();
      reason = upstreams.missing;
      if (reason !== undefined && upstreams.targets.length === 0) unusable.set(model.name, reason);
      else unusable.delete(model.name);
      set(model.name, upstreams.targets);
    } catch (error) {
      reason = messageOf(error);
    }
    if (reason === undefined) missing.delete(model.name);
    else {
      if (!missing.has(model.name))
        context.log.warn({ model: model.name, reason }, "no server of the model is reachable");
      missing.set(model.name, reason);
    }
    if (context.closed.aborted) return;
    const timer = setTimeout(() => void poll(model, lookUp), LOOKUP_INTERVAL_MS).unref();
    timers.set(model.name, timer);
  };
  for (const model of context.plan.models) {
    const unit = context.plan.units.find(({ name }) => name === model.unit);
    const configured = context.peers[`engine/${model.name}`] ?? context.peers["engine"];
    // The token of the engines is sent to Keelson's own engine module only, never to vLLM or Ollama.
    const own = configured !== undefined || unit === undefined || unit.modules.includes("engine");
    const authorization = own && context.engineToken !== undefined ? bearer(context.engineToken) : undefined;
    const url = configured ?? (unit === undefined ? undefined : unitUrl(unit));
    if (model.upstreams.length > 0) void poll(model, () => upstreamTargets(model, context.secrets));
    else if (url !== undefined) void poll(model, () => replicaTargets(model, url, authorization));
  }
  return {
    targets: () => [...found.values()].flat(),
    reason: (model) => missing.get(model),
    failure: (model) => unusable.get(model),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function replicaTargets(model: Model, url: string, authorization: string | undefined): Promise<Upstreams> {
  const { hostname, port, protocol } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, "");
  const addresses =
    isIP(literal) || isSocketHost(literal)
      ? [literal]
      : (await lookup(literal, { all: true })).map(({ address }) => address).sort();
  const targets = addresses.map((address): Target => {
    const host = address.includes(":") ? `[${address}]` : address;
    return {
      id: addresses.length === 1 ? `${model.name}-0` : `${model.name}-${address}`,
      model: model.name,
      url: `${protocol}//${host}${port === "" ? "" : `:${port}`}`,
      upstreamModel: model.engine === "ollama" ? nameAtServer(model) : model.name,
      weight: 1,
      authorization,
      engine: model.engine === "best" ? "llama.cpp" : model.engine,
      reason: `served by the unit ${model.unit ?? hostname}`,
    };
  });
  return { targets, missing: undefined };
}
