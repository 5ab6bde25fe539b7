import { formatDuration, formatRatio } from "../platform-file/format.js";
import type { ModelInput } from "../platform-file/schema/models.js";
import type { ServiceInput } from "../platform-file/schema/services.js";
import { onCluster, type PlanContext } from "./context.js";
import type { Scope } from "./origin.js";
import type { Bounds, Disruption, Health, Port, Probe, Rollout, Scale, Spread } from "./plan.js";

type Written = ServiceInput | ModelInput;

/** Least and most replicas. What keeps files of its own is not doubled unasked: its replicas would answer differently. */
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

/** Signals of horizontal scaling; undefined where least and most are the same and no signal is written. */
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
    down: own.pick("down", written?.down, "conservative", "load that fell may come back"),
  };
}

/** How a new version replaces the old one: the unit's own word, else the platform's. */
export function planRollout(context: PlanContext, scope: Scope, written: Written["rollout"], gpu: boolean): Rollout {
  const own = scope.at("rollout");
  const platform = context.settings.delivery?.strategy;
  const said = written?.strategy ?? platform;
  if (written?.strategy === undefined && platform !== undefined)
    context.provenance.inherit(own.pathOf("strategy"), "delivery.strategy");
  const strategy = own.pick(
    "strategy",
    typeof said === "object" ? "canary" : said,
    "rolling",
    "no request fails while replicas change one by one",
  );
  const canary = typeof said === "object" ? said.canary : undefined;
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
              "a tenth shows an error before half the users meet it",
              (shares) => `[${shares.map(formatRatio).join(", ")}]`,
            ),
            pause: steps.duration("pause", canary?.pause, 300_000, "5m gathers enough requests to judge by"),
            abort: { errors: canary?.abort?.errors, p95: canary?.abort?.p95 },
          }
        : undefined,
  };
}

/** Replicas that stay through drains; none is promised for a unit of one replica, or on a laptop. */
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

type SpreadWish = { readonly [Key in keyof Spread]?: Spread[Key] | undefined };

/** How strongly replicas are kept apart. */
export function planSpread(context: PlanContext, scope: Scope, written: Written["spread"], replicas: Bounds): Spread {
  const own = scope.at("spread");
  if (written === "none") return { zones: "none", nodes: "none" };
  if (written === "nodes") return { zones: "none", nodes: "require" };
  const said: SpreadWish | undefined = written === "zones" ? { zones: "require" } : written;
  const several = onCluster(context) && replicas.max > 1;
  const zones = several && context.zones > 1;
  return {
    zones: own.pick(
      "zones",
      said?.zones,
      zones ? "require" : "none",
      zones ? `${context.zones} zones, and the loss of one must leave replicas` : "there is nothing to spread over",
    ),
    nodes: own.pick(
      "nodes",
      said?.nodes,
      several ? "prefer" : "none",
      several
        ? "a node's loss should take one replica, and a full node should not stop a start"
        : "there is one replica",
    ),
  };
}

/** What the probes are when the file does not say. */
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
  why: "Keelson modules answer it",
};

/** Probes of an image that nothing is known of: its port is connected to. */
export const FOREIGN_HEALTH: HealthDefaults = {
  ready: undefined,
  live: undefined,
  startup: 120_000,
  why: "nothing is known of the image, so its port is connected to",
};

/** Probes: how soon a replica is sent requests, and how soon a dead one is noticed. */
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
    timeout: scope.duration("timeout", written?.timeout, 2_000, "a health route that takes longer is not healthy"),
    failures: scope.pick("failures", written?.failures, 3, "one lost probe is no fault, three are"),
  };
}
