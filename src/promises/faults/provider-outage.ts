import { ENGINES } from "../../plan/engines/index.js";
import type { Element, Model, OutsideHost, Plan, Unit, Upstream } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { providerEjected, requestsFailing } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, declared, longest, restingOn, unbounded, unknown } from "../prediction.js";
import { switchProvider, waitForHosts } from "../runbooks/models.js";

/**
 * One host outside the platform answers nothing, or refuses because the quota is spent. In the worst case the provider of a model
 * accepts requests and does not answer, which the gateway notices only at the model's timeout.
 */
export const providerOutage = defineFault({
  id: "provider-outage",
  title: "A provider outside the platform does not answer, or its quota is spent",
  includes: [],
  on: (plan) => {
    const hosts = new Map(plan.outside.map((host) => [host.name, host]));
    const called = hostsByCaller(plan, hosts);
    const calledBy = ({ name }: Unit): readonly OutsideHost[] => called.get(name) ?? [];
    return {
      model: {
        affects: ({ upstreams }) => upstreams.length > 0,
        rto: (model) => recovery(model, plan, hosts),
        rpo: nothing,
        alert: providerEjected,
        runbook: switchProvider,
      },
      unit: {
        affects: (unit) => calledBy(unit).length > 0,
        rto: (unit) => longestOutage(unit, plan, calledBy(unit)),
        rpo: nothing,
        alert: requestsFailing,
        runbook: (unit) => waitForHosts(unit, calledBy(unit)),
      },
      platform: undefined,
      database: undefined,
      cache: undefined,
      broker: undefined,
      bucket: undefined,
      entrance: undefined,
      volume: undefined,
    };
  },
  drill: { kind: "impossible", why: "the provider belongs to another party, and a drill would spend its quota" },
});

type Hosts = ReadonlyMap<string, OutsideHost>;

/** Servers at one host fail together. Requests continue at another host, or at a model that does not need this one. */
function recovery(model: Model, plan: Plan, outside: Hosts): Prediction {
  const { name, path, upstreams, timeout } = model;
  const atOneHost = Math.max(...hostsOf(upstreams).values());
  const instead = otherHost(upstreams) ?? fallbackOf(model, plan);
  if (instead === undefined) {
    const hosts = upstreams.flatMap(({ url }) => outside.get(new URL(url).hostname) ?? []).slice(0, 1);
    if (hosts.some(({ rto }) => rto !== undefined) && model.fallbacks.length === 0)
      return longestOutage(model, plan, hosts);
    const why =
      model.fallbacks.length > 0
        ? `the fallbacks of ${name} are at the same provider`
        : `${name} is served by one provider and has no fallback`;
    return unbounded(plan, path, why, {
      advice: `declare a fallback that another provider or this platform serves (\`fallback: MODEL\`), or the longest outage that ${hosts[0]?.name ?? "its host"} promises: \`outside: { ${hosts[0]?.name ?? "HOST"}: { rto: 1h } }\``,
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

/** The hosts that each unit calls by their address, without a model between them. */
function hostsByCaller({ dependencies }: Plan, hosts: Hosts): ReadonlyMap<string, readonly OutsideHost[]> {
  const byCaller = new Map<string, Set<OutsideHost>>();
  for (const { from, to, kind } of dependencies) {
    const host = kind === "outside" ? hosts.get(to) : undefined;
    if (!host) continue;
    const called = byCaller.get(from) ?? new Set();
    byCaller.set(from, called.add(host));
  }
  return new Map([...byCaller].map(([name, called]) => [name, [...called]]));
}

/** Nothing replaces the hosts: the longest outage that one of them may have. */
function longestOutage({ path }: Element, plan: Plan, hosts: readonly OutsideHost[]): Prediction {
  const undeclared = hosts.find(({ rto }) => rto === undefined);
  if (undeclared) {
    const { name } = undeclared;
    return unknown(plan, path, `${name} is outside the platform, and its longest outage is not declared`, {
      advice: `declare what its operator promises: \`outside: { ${name}: { rto: 1h } }\`; or exclude the fault: \`except: [provider-outage]\``,
    });
  }
  const [first, ...rest] = hosts.map((host) =>
    declared(plan, `outage of ${host.name}`, host.rto ?? 0, `${host.path}.rto`),
  );
  return bounded(plan, path, first ? [rest.length > 0 ? longest([first, ...rest]) : first] : []);
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

const unacknowledged = { value: 0, source: "a request that needs the provider fails, and is sent again by its client" };

function nothing({ path }: Element, plan: Plan): Prediction {
  return bounded(plan, path, [cited("nothing: requests fail and are not acknowledged", unacknowledged)]);
}
