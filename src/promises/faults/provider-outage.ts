import { ENGINES } from "../../plan/engines/index.js";
import type { Model, Plan, Upstream } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { providerEjected } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, declared, restingOn, unbounded } from "../prediction.js";
import { switchProvider } from "../runbooks/models.js";

/**
 * One provider of a model's API answers nothing, or refuses because the quota is spent. In the worst case it accepts
 * requests and does not answer, which the gateway notices only at the model's timeout.
 */
export const providerOutage = defineFault({
  id: "provider-outage",
  title: "The API of a model's provider does not answer, or its quota is spent",
  includes: [],
  on: {
    model: {
      affects: ({ upstreams }) => upstreams.length > 0,
      rto: recovery,
      rpo: nothing,
      alert: providerEjected,
      runbook: switchProvider,
    },
    platform: undefined,
    unit: undefined,
    database: undefined,
    cache: undefined,
    broker: undefined,
    bucket: undefined,
    entrance: undefined,
  },
  drill: { kind: "impossible", why: "the provider belongs to another party, and a drill would spend its quota" },
});

/** Servers at one host fail together. Requests continue at another host, or at a model that does not need this one. */
function recovery(model: Model, plan: Plan): Prediction {
  const { name, path, upstreams, timeout } = model;
  const atOneHost = Math.max(...hostsOf(upstreams).values());
  const instead = otherHost(upstreams) ?? fallbackOf(model, plan);
  if (instead === undefined) {
    const why =
      model.fallbacks.length > 0
        ? `the fallbacks of ${name} are at the same provider`
        : `${name} is served by one provider and has no fallback`;
    return unbounded(plan, path, why, {
      advice: "declare a fallback that another provider or this platform serves: `fallback: MODEL`",
    });
  }
  const how = `${atOneHost} × ${formatDuration(timeout)}`;
  return bounded(plan, path, [
    declared(plan, "requests time out at the provider", atOneHost * timeout, `${path}.timeout`, how),
    restingOn(
      model.fallbacks.includes(instead) ? [instead] : [],
      assumed(
        `retry at ${instead}`,
        0,
        "the gateway tries another server or a fallback at once, and after three failures first",
      ),
    ),
  ]);
}

/** How many servers each host has. */
function hostsOf(upstreams: readonly Upstream[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { url } of upstreams) counts.set(new URL(url).host, (counts.get(new URL(url).host) ?? 0) + 1);
  return counts;
}

function otherHost(upstreams: readonly Upstream[]): string | undefined {
  const [, other] = hostsOf(upstreams.filter(({ weight }) => weight > 0)).keys();
  return other;
}

/** The first fallback that a unit of the platform serves, or that no host of the model serves. The simulator answers nothing. */
function fallbackOf({ fallbacks, upstreams }: Model, plan: Plan): string | undefined {
  const hosts = hostsOf(upstreams);
  return fallbacks.find((name) => {
    const model = plan.models.find((each) => each.name === name);
    if (model === undefined || ENGINES[model.engine].simulator) return false;
    return model.unit !== undefined || [...hostsOf(model.upstreams).keys()].some((host) => !hosts.has(host));
  });
}

const stateless = { value: 0, source: "a model stores nothing: a request that fails is sent again by its client" };

function nothing({ path }: Model, plan: Plan): Prediction {
  return bounded(plan, path, [cited("nothing: a model stores nothing", stateless)]);
}
