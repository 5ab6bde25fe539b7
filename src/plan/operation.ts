import type { Settings } from "../platform-file/schema/platform.js";
import { planClusterBackups } from "./backups.js";
import { onCluster, type PlanContext } from "./context.js";
import type { ClusterSettings, Delivery, DrillSchedule, Observe, Security } from "./plan.js";

const DAY = 86_400_000;

/** Network, pods, mesh, identity. */
export function planSecurity(context: PlanContext): Security {
  const scope = context.provenance.at("security");
  const written = context.settings.security;
  const mesh = planMesh(written?.mesh);
  if (written?.mesh === undefined) scope.recordDefault("mesh", "no mesh is configured");
  return {
    network: scope.pick("network", written?.network, "default-deny", "only declared calls are open"),
    pods: scope.pick("pods", written?.pods, "restricted", "nothing here needs more"),
    mesh,
    identity: scope.pick("identity", written?.identity, "none", "pods call no API of the cloud"),
    scan: scope.pick("scan", written?.scan, "none", "no scanner is configured"),
    audit: scope.pick("audit", written?.audit, true, "changes are recorded"),
  };
}

function planMesh(written: NonNullable<Settings["security"]>["mesh"]): Security["mesh"] {
  if (typeof written !== "object") return { kind: "none", mtls: "off" };
  if ("istio" in written) return { kind: "istio", mtls: written.istio };
  return { kind: "linkerd", mtls: written.linkerd };
}

/** Where metrics, logs and traces are stored, what is monitored, and who is notified. */
export function planObserve(context: PlanContext): Observe {
  const scope = context.provenance.at("observe");
  const written = context.settings.observe;
  const alerts = scope.at("alerts");
  const given = written?.alerts;
  const metrics = scope.pick(
    "metrics",
    written?.metrics,
    "none",
    "no metrics backend is configured; /metrics is served in any case",
  );
  const watched = metrics !== "none";
  const why = watched ? "a promise needs an alert" : "alerts need metrics";
  const real = watched && onCluster(context);
  return {
    metrics,
    logs: scope.pick("logs", written?.logs, "none", "logs go to standard output"),
    traces: scope.pick("traces", written?.traces, "none", "no trace backend is configured"),
    otlp: written?.otlp,
    retention: scope.duration("retention", written?.retention, 15 * DAY, "15d, as Prometheus keeps by default"),
    alerts: {
      path: alerts.path,
      down: alerts.duration("down", given?.down, real ? 120_000 : undefined, why),
      errors: alerts.ratio("errors", given?.errors, real ? 0.05 : undefined, why),
      availability: alerts.pick(
        "availability",
        given?.availability,
        real && context.objectives.availability !== undefined,
        why,
      ),
      database: alerts.pick("database", given?.database, real, why),
      oom: alerts.pick("oom", given?.oom, real, why),
      backups: alerts.pick("backups", given?.backups, real, why),
    },
    routes: {
      critical: written?.routes?.critical,
      warning: written?.routes?.warning,
      info: written?.routes?.info,
    },
  };
}

/** How changes arrive. */
export function planDelivery(context: PlanContext): Delivery {
  const scope = context.provenance.at("delivery");
  const written = context.settings.delivery;
  const approvals = scope.at("approvals");
  return {
    gitops: scope.pick("gitops", written?.gitops, "none", "`keelson deploy` applies changes"),
    sync: scope.pick("sync", written?.sync, "automatic", "a merged change is applied"),
    approvals: {
      infrastructure: approvals.pick("infrastructure", written?.approvals?.infrastructure, 0, "none is configured"),
      production: approvals.pick("production", written?.approvals?.production, 0, "none is configured"),
    },
  };
}

/** The cluster itself. */
export function planCluster(context: PlanContext): ClusterSettings {
  const scope = context.provenance.at("cluster");
  const written = context.settings.cluster;
  const bounded = Object.values(context.settings.nodes ?? {}).some(({ count }) => count.min < count.max);
  return {
    name: written?.name,
    kubernetes: scope.pick("kubernetes", written?.kubernetes, "1.34", "a version that is maintained"),
    autoscaler: scope.pick(
      "autoscaler",
      written?.autoscaler,
      bounded,
      bounded ? "pools have room to grow" : "every pool has a fixed size",
    ),
    backups: planClusterBackups(scope, written?.backups),
  };
}

/** Faults that are rehearsed. */
export function planDrills(context: PlanContext): DrillSchedule | undefined {
  const written = context.settings.drills;
  if (!written) return undefined;
  return { path: context.provenance.at("drills").path, every: written.every, faults: written.faults };
}
