import { formatDuration, formatRatio } from "../platform-file/format.js";
import type { ModelInput } from "../platform-file/schema/models.js";
import type { ServiceInput } from "../platform-file/schema/services.js";
import { SPREAD_WORDS } from "../platform-file/shorthand.js";
import { onCluster, type PlanContext } from "./context.js";
import type { Scope } from "./origin.js";
import type { Bounds, Disruption, Health, Port, Probe, Rollout, Scale, Spread, Unit } from "./plan.js";

type WorkloadInput = ServiceInput | ModelInput;

/**
 * Minimum and maximum of replicas. A unit with a persistent volume, its own or that of a sidecar, has one by default: replicas
 * would return different data.
 */
export function planReplicas(
  context: PlanContext,
  scope: Scope,
  input: WorkloadInput,
  containers: readonly Pick<Unit, "volumes">[],
): Bounds {
  const redundant = onCluster(context) ? context.redundant : undefined;
  const hasPersistentVolume = containers.some(({ volumes }) => volumes.some(({ kind }) => kind === "persistent"));
  const count = redundant && !hasPersistentVolume ? 2 : 1;
  const why = !redundant
    ? "one is enough here"
    : hasPersistentVolume
      ? "one, because each replica would have files of its own"
      : `two, so that one may be lost: ${redundant.why}`;
  return scope.range("replicas", input.replicas, { min: count, max: count }, why, String);
}

/** Signals of horizontal scaling; undefined if minimum and maximum are equal and no signal is set. */
export function planScale(scope: Scope, input: WorkloadInput["scale"], replicas: Bounds): Scale | undefined {
  if (!input && replicas.min === replicas.max) return undefined;
  const scaleScope = scope.at("scale");
  const signal = input?.cpu ?? input?.memory ?? input?.gpu ?? input?.queue ?? input?.response;
  const cpu =
    signal === undefined
      ? scaleScope.ratio("cpu", undefined, 0.7, "no scaling target is set; 70% leaves capacity for bursts")
      : input?.cpu;
  return {
    path: scaleScope.path,
    cpu,
    memory: input?.memory,
    gpu: input?.gpu,
    queue: input?.queue,
    response: input?.response,
    cooldown: scaleScope.duration(
      "cooldown",
      input?.cooldown,
      300_000,
      "the default stabilisation window of Kubernetes for scaling down",
    ),
    up: scaleScope.pick("up", input?.up, "aggressive", "queued requests cost more than a spare replica"),
    down: scaleScope.pick("down", input?.down, "conservative", "load may rise again soon"),
  };
}

/** How a new version replaces the old one: the setting of the unit, else of the platform. */
export function planRollout(
  context: PlanContext,
  scope: Scope,
  input: WorkloadInput["rollout"],
  gpu: boolean,
): Rollout {
  const rolloutScope = scope.at("rollout");
  const platform = context.settings.delivery?.strategy;
  const given = input?.strategy ?? platform;
  if (input?.strategy === undefined && platform !== undefined)
    context.provenance.inherit(rolloutScope.pathOf("strategy"), "delivery.strategy");
  const strategy = rolloutScope.pick(
    "strategy",
    typeof given === "object" ? "canary" : given,
    "rolling",
    "replicas are replaced one by one, so that no request fails",
  );
  const canary = typeof given === "object" ? given.canary : undefined;
  const steps = rolloutScope.at("strategy", "canary");
  const surgeWhy = gpu ? "a spare GPU is rarely available" : "the new replica is ready before the old one is stopped";
  return {
    path: rolloutScope.path,
    strategy,
    surge: rolloutScope.pick("surge", input?.surge, gpu ? 0 : 1, surgeWhy),
    unavailable: rolloutScope.pick("unavailable", input?.unavailable, gpu ? 1 : 0, surgeWhy),
    canary:
      strategy === "canary"
        ? {
            steps: steps.pick(
              "steps",
              canary?.steps,
              [0.1, 0.5],
              "a tenth of the traffic shows an error before half of it is affected",
              (shares) => `[${shares.map(formatRatio).join(", ")}]`,
            ),
            pause: steps.duration(
              "pause",
              canary?.pause,
              300_000,
              "5m collect enough requests to measure the error rate",
            ),
            abort: { errors: canary?.abort?.errors, p95: canary?.abort?.p95 },
          }
        : undefined,
  };
}

/** Replicas that stay available through drains; none for a unit of one replica, or on one machine. */
export function planDisruption(
  context: PlanContext,
  scope: Scope,
  input: WorkloadInput["disruption"],
  replicas: Bounds,
): Disruption | undefined {
  const disruptionScope = scope.at("disruption");
  if (input) return { path: disruptionScope.path, minAvailable: input.minAvailable };
  if (!onCluster(context) || replicas.min < 2) return undefined;
  const minAvailable = disruptionScope.pick(
    "minAvailable",
    undefined,
    replicas.min - 1,
    "one replica at a time may be evicted",
  );
  return { path: disruptionScope.path, minAvailable };
}

type DeclaredSpread = { readonly [Key in keyof Spread]?: Spread[Key] | undefined };

/** The two settings of `spread`, of which a word states one or both. */
export function declaredSpread(input: WorkloadInput["spread"]): DeclaredSpread {
  return typeof input === "string" ? SPREAD_WORDS[input] : (input ?? {});
}

/** How strictly replicas are spread over zones and nodes. */
export function planSpread(
  context: PlanContext,
  scope: Scope,
  input: WorkloadInput["spread"],
  replicas: Bounds,
): Spread {
  const spreadScope = scope.at("spread");
  const given = declaredSpread(input);
  const several = onCluster(context) && replicas.max > 1;
  const zones = several && context.zones > 1;
  return {
    zones: spreadScope.pick(
      "zones",
      given.zones,
      zones ? "require" : "none",
      zones
        ? `there are ${context.zones} zones, and the loss of one must not stop all replicas`
        : "there is one zone or one replica",
    ),
    nodes: spreadScope.pick(
      "nodes",
      given.nodes,
      several ? "prefer" : "none",
      several
        ? "the loss of a node should affect one replica, but a full node must not block scheduling"
        : "there is one replica",
    ),
  };
}

/** The default probes of a unit. */
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
export const TCP_HEALTH: HealthDefaults = {
  ready: undefined,
  live: undefined,
  startup: 120_000,
  why: "the image declares no health route, so a TCP connection to its port is the probe",
};

/** Probes: when a replica receives requests, and how soon a failed one is detected. */
export function planHealth(
  scope: Scope,
  input: WorkloadInput["health"],
  ports: readonly Port[],
  defaults: HealthDefaults,
): Health {
  const healthScope = scope.at("health");
  const port = ports[0]?.name ?? "http";
  return {
    path: healthScope.path,
    ready: planProbe(healthScope.at("ready"), input?.ready, defaults.ready, port, 5_000, defaults.why),
    live: planProbe(healthScope.at("live"), input?.live, defaults.live, port, 10_000, defaults.why),
    startup: healthScope.duration(
      "startup",
      input?.startup,
      defaults.startup,
      `${formatDuration(defaults.startup)}: longer than any expected start`,
    ),
  };
}

function planProbe(
  scope: Scope,
  input: NonNullable<WorkloadInput["health"]>["ready"],
  http: string | undefined,
  port: string,
  every: number,
  why: string,
): Probe {
  return {
    http: scope.pick("path", input?.path, http, why),
    port: input?.port ?? port,
    after: scope.duration("after", input?.after, 0, "the startup probe already delays the others"),
    every: scope.duration("every", input?.every, every, `detects a failure within ${formatDuration(3 * every)}`),
    timeout: scope.duration("timeout", input?.timeout, 2_000, "a slower response counts as a failure"),
    failures: scope.pick("failures", input?.failures, 3, "a single failed probe may be transient"),
  };
}
