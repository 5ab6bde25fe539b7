import { formatDuration, formatRatio } from "../platform-file/format.js";
import type { ModelInput } from "../platform-file/schema/models.js";
import type { ServiceInput } from "../platform-file/schema/services.js";
import { onCluster, type PlanContext } from "./context.js";
import type { Scope } from "./origin.js";
import type { Bounds, Disruption, Health, Port, Probe, Rollout, Scale, Spread } from "./plan.js";

type Written = ServiceInput | ModelInput;

/** Minimum and maximum of replicas. A unit with persistent files gets one by default: replicas would return different data. */
export function planReplicas(context: PlanContext, scope: Scope, written: Written): Bounds {
  const redundant = onCluster(context) ? context.redundant : undefined;
  const keeps = Object.values(written.volumes ?? {}).some((volume) => typeof volume === "object" && volume.persistent);
  const count = redundant && !keeps ? 2 : 1;
  const why = !redundant
    ? "one is enough here"
    : keeps
      ? "one, since each replica would keep files of its own"
      : `two, so that one may be lost: ${redundant.why}`;
  return scope.range("replicas", written.replicas, { min: count, max: count }, why, String);
}

/** Signals of horizontal scaling; undefined if minimum and maximum are equal and no signal is set. */
export function planScale(scope: Scope, written: Written["scale"], replicas: Bounds): Scale | undefined {
  if (!written && replicas.min === replicas.max) return undefined;
  const own = scope.at("scale");
  const silent = written?.cpu ?? written?.memory ?? written?.gpu ?? written?.queue ?? written?.response;
  const cpu =
    silent === undefined
      ? own.ratio("cpu", undefined, 0.7, "no signal is named; 70% leaves room for a burst")
      : written?.cpu;
  return {
    path: own.path,
    cpu,
    memory: written?.memory,
    gpu: written?.gpu,
    queue: written?.queue,
    response: written?.response,
    cooldown: own.duration("cooldown", written?.cooldown, 300_000, "Kubernetes' own wait before it scales down: 5m"),
    up: own.pick("up", written?.up, "aggressive", "waiting users cost more than a spare replica"),
    down: own.pick("down", written?.down, "conservative", "load that fell may rise again"),
  };
}

/** How a new version replaces the old one: the setting of the unit, else of the platform. */
export function planRollout(context: PlanContext, scope: Scope, written: Written["rollout"], gpu: boolean): Rollout {
  const own = scope.at("rollout");
  const platform = context.settings.delivery?.strategy;
  const given = written?.strategy ?? platform;
  if (written?.strategy === undefined && platform !== undefined)
    context.provenance.inherit(own.pathOf("strategy"), "delivery.strategy");
  const strategy = own.pick(
    "strategy",
    typeof given === "object" ? "canary" : given,
    "rolling",
    "no request fails while replicas change one by one",
  );
  const canary = typeof given === "object" ? given.canary : undefined;
  const steps = own.at("strategy", "canary");
  const surgeWhy = gpu ? "a spare GPU is rarely free" : "the new one is ready before the old one goes";
  return {
    path: own.path,
    strategy,
    surge: own.pick("surge", written?.surge, gpu ? 0 : 1, surgeWhy),
    unavailable: own.pick("unavailable", written?.unavailable, gpu ? 1 : 0, surgeWhy),
    canary:
      strategy === "canary"
        ? {
            steps: steps.pick(
              "steps",
              canary?.steps,
              [0.1, 0.5],
              "a tenth shows an error before half the users are affected",
              (shares) => `[${shares.map(formatRatio).join(", ")}]`,
            ),
            pause: steps.duration("pause", canary?.pause, 300_000, "5m gathers enough requests to judge by"),
            abort: { errors: canary?.abort?.errors, p95: canary?.abort?.p95 },
          }
        : undefined,
  };
}

/** Replicas that stay available through drains; none for a unit of one replica, or on one machine. */
export function planDisruption(
  context: PlanContext,
  scope: Scope,
  written: Written["disruption"],
  replicas: Bounds,
): Disruption | undefined {
  const own = scope.at("disruption");
  if (written) return { path: own.path, minAvailable: written.minAvailable };
  if (!onCluster(context) || replicas.min < 2) return undefined;
  const minAvailable = own.pick("minAvailable", undefined, replicas.min - 1, "one replica at a time may be evicted");
  return { path: own.path, minAvailable };
}

type DeclaredSpread = { readonly [Key in keyof Spread]?: Spread[Key] | undefined };

/** How strictly replicas are spread over zones and nodes. */
export function planSpread(context: PlanContext, scope: Scope, written: Written["spread"], replicas: Bounds): Spread {
  const own = scope.at("spread");
  if (written === "none") return { zones: "none", nodes: "none" };
  if (written === "nodes") return { zones: "none", nodes: "require" };
  const given: DeclaredSpread | undefined = written === "zones" ? { zones: "require" } : written;
  const several = onCluster(context) && replicas.max > 1;
  const zones = several && context.zones > 1;
  return {
    zones: own.pick(
      "zones",
      given?.zones,
      zones ? "require" : "none",
      zones ? `${context.zones} zones, and the loss of one must leave replicas` : "there is nothing to spread over",
    ),
    nodes: own.pick(
      "nodes",
      given?.nodes,
      several ? "prefer" : "none",
      several
        ? "a node's loss should take one replica, and a full node should not stop a start"
        : "there is one replica",
    ),
  };
}

/** Probes by default. */
export interface HealthDefaults {
  readonly ready: string | undefined;
  readonly live: string | undefined;
  readonly startup: number;
  readonly why: string;
}

/** Probes of Keelson modules, by the kernel's own routes. */
export const MODULE_HEALTH: HealthDefaults = {
  ready: "/health/readiness",
  live: "/health/liveness",
  startup: 60_000,
  why: "the health route of Keelson modules",
};

/** Probes of any other image: a TCP connection to its port. */
export const FOREIGN_HEALTH: HealthDefaults = {
  ready: undefined,
  live: undefined,
  startup: 120_000,
  why: "the image declares no health route, so a TCP connection to its port is the probe",
};

/** Probes: when a replica receives requests, and how soon a failed one is detected. */
export function planHealth(
  scope: Scope,
  written: Written["health"],
  ports: readonly Port[],
  defaults: HealthDefaults,
): Health {
  const own = scope.at("health");
  const port = ports[0]?.name ?? "http";
  return {
    path: own.path,
    ready: planProbe(own.at("ready"), written?.ready, defaults.ready, port, 5_000, defaults.why),
    live: planProbe(own.at("live"), written?.live, defaults.live, port, 10_000, defaults.why),
    startup: own.duration(
      "startup",
      written?.startup,
      defaults.startup,
      `${formatDuration(defaults.startup)}: longer than such a start should ever take`,
    ),
  };
}

function planProbe(
  scope: Scope,
  written: NonNullable<Written["health"]>["ready"],
  http: string | undefined,
  port: string,
  every: number,
  why: string,
): Probe {
  return {
    http: scope.pick("path", written?.path, http, why),
    port: written?.port ?? port,
    after: scope.duration("after", written?.after, 0, "the start-up probe waits already"),
    every: scope.duration("every", written?.every, every, `often enough to notice within ${formatDuration(3 * every)}`),
    timeout: scope.duration("timeout", written?.timeout, 2_000, "a slower health route is not healthy"),
    failures: scope.pick("failures", written?.failures, 3, "a single failed probe is no fault, three are"),
  };
}
