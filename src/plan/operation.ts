import type { Settings } from "../platform-file/schema/platform.js";
import { planClusterBackups } from "./backups.js";
import { CLOUDS } from "./clouds/index.js";
import { onCluster, type PlanContext } from "./context.js";
import { DEFAULT_KUBERNETES } from "./ends-of-life.js";
import { RENEWAL_DAYS } from "./entrances/lifetimes.js";
import type { ClusterSettings, Delivery, DrillSchedule, Objectives, Observe, Security } from "./plan.js";

const DAY = 86_400_000;

/** Network, pods, mesh, identity. */
export function planSecurity(context: PlanContext): Security {
  const scope = context.provenance.at("security");
  const input = context.settings.security;
  const mesh = planMesh(input?.mesh);
  if (input?.mesh === undefined) scope.recordDefault("mesh", "no mesh is configured");
  return {
    network: scope.pick("network", input?.network, "default-deny", "only declared calls are allowed"),
    pods: scope.pick("pods", input?.pods, "restricted", "no other standard is set"),
    mesh,
    identity: scope.pick("identity", input?.identity, "none", "no pod is assumed to call a cloud API"),
    scan: scope.pick("scan", input?.scan, "none", "no scanner is configured"),
    audit: scope.pick("audit", input?.audit, true, "administrative actions are recorded by default"),
  };
}

function planMesh(input: NonNullable<Settings["security"]>["mesh"]): Security["mesh"] {
  if (typeof input !== "object") return { kind: "none", mtls: "off" };
  if ("istio" in input) return { kind: "istio", mtls: input.istio };
  return { kind: "linkerd", mtls: input.linkerd };
}

/**
 * Where metrics, logs and traces are stored, what is monitored, and who is notified. `promising`: what may promise an availability of its
 * own, whose alert is on as that of the platform.
 */
export function planObserve(context: PlanContext, promising: readonly Promising[]): Observe {
  const scope = context.provenance.at("observe");
  const input = context.settings.observe;
  const alerts = scope.at("alerts");
  const given = input?.alerts;
  const metrics = scope.pick(
    "metrics",
    input?.metrics,
    "none",
    "no metrics backend is configured; /metrics is served in any case",
  );
  const watched = metrics !== "none";
  const why = watched ? "objectives need alerts" : "alerts need metrics";
  const real = watched && onCluster(context);
  const promisesAvailability = [context, ...promising].some(({ objectives }) => objectives.availability !== undefined);
  return {
    metrics,
    discovery: scope.pick(
      "discovery",
      input?.discovery,
      "annotations",
      "they need no operator: the usual scrape configuration of Prometheus reads them",
    ),
    logs: scope.pick("logs", input?.logs, "none", "logs go to standard output"),
    traces: scope.pick("traces", input?.traces, "none", "no trace backend is configured"),
    otlp: input?.otlp,
    retention: scope.duration("retention", input?.retention, 15 * DAY, "15d, the default retention of Prometheus"),
    alerts: {
      path: alerts.path,
      down: alerts.duration("down", ...unlessOff(given?.down, real ? 120_000 : undefined), why),
      errors: alerts.ratio("errors", ...unlessOff(given?.errors, real ? 0.05 : undefined), why),
      availability: alerts.pick("availability", given?.availability, real && promisesAvailability, why),
      database: alerts.pick("database", given?.database, real, why),
      oom: alerts.pick("oom", given?.oom, real, why),
      backups: alerts.pick("backups", given?.backups, real, why),
      certificate: alerts.duration(
        "certificate",
        ...unlessOff(given?.certificate, real ? 14 * DAY : undefined),
        watched
          ? `less than the ${RENEWAL_DAYS} days that cert-manager has to renew a certificate of the shortest announced lifetime`
          : why,
      ),
    },
    routes: {
      critical: input?.routes?.critical,
      warning: input?.routes?.warning,
      info: input?.routes?.info,
    },
  };
}

interface Promising {
  readonly objectives: Objectives;
}

/** The declared and the usual value of an alert; neither where `false` switches it off. */
function unlessOff<Value>(
  given: Value | false | undefined,
  usual: Value | undefined,
): readonly [Value | undefined, Value | undefined] {
  return given === false ? [undefined, undefined] : [given, usual];
}

/** How changes are delivered. */
export function planDelivery(context: PlanContext): Delivery {
  const scope = context.provenance.at("delivery");
  const input = context.settings.delivery;
  const approvals = scope.at("approvals");
  return {
    gitops: scope.pick("gitops", input?.gitops, "none", "`keelson deploy` applies changes"),
    sync: scope.pick("sync", input?.sync, "automatic", "merged changes are applied automatically"),
    repository:
      input?.repository === undefined
        ? undefined
        : {
            url: input.repository,
            revision: scope.pick("revision", input.revision, "HEAD", "the default branch of the repository"),
            folder: scope.pick("folder", input.folder, "deploy", "the folder of the examples in docs/rendering.md"),
          },
    approvals: {
      infrastructure: approvals.pick("infrastructure", input?.approvals?.infrastructure, 0, "none is configured"),
      production: approvals.pick("production", input?.approvals?.production, 0, "none is configured"),
    },
  };
}

/** Settings of the cluster. */
export function planCluster(context: PlanContext): ClusterSettings {
  const scope = context.provenance.at("cluster");
  const input = context.settings.cluster;
  const { volumes } = CLOUDS[context.cloud];
  const bounded = Object.values(context.settings.nodes ?? {}).some(({ count }) => count.min < count.max);
  return {
    name: input?.name,
    kubernetes: scope.pick(
      "kubernetes",
      input?.kubernetes,
      DEFAULT_KUBERNETES,
      "the newest maintained version of Kubernetes",
    ),
    storageClass: input?.storageClass,
    volumes: scope.pick("volumes", input?.volumes, volumes?.scope, volumes?.source ?? "no cloud is set"),
    operators: scope.pick(
      "operators",
      input?.operators,
      1,
      "CloudNativePG's default installation: config/manager/manager.yaml has one replica",
    ),
    pullSecrets: input?.pullSecrets ?? [],
    labels: input?.labels ?? {},
    autoscaler: scope.pick(
      "autoscaler",
      input?.autoscaler,
      bounded,
      bounded ? "a pool has a range of node counts" : "every pool has a fixed size",
    ),
    scaleDown: {
      unneeded: input?.scaleDown?.unneeded,
      afterAdd: input?.scaleDown?.afterAdd,
      utilisation: input?.scaleDown?.utilisation,
    },
    backups: planClusterBackups(scope, input?.backups),
  };
}

/** The drill schedule; undefined if none is declared. */
export function planDrills(context: PlanContext): DrillSchedule | undefined {
  const input = context.settings.drills;
  if (!input) return undefined;
  return { path: context.provenance.at("drills").path, every: input.every, faults: input.faults };
}
