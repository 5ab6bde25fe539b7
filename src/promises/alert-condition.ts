import { CONTROLLERS } from "../plan/entrances/index.js";
import { certificateName, issuerOf } from "../plan/entrances/issuer.js";
import type { Element, Entrance, Milliseconds, Model, Plan, Ratio, Store, Unit } from "../plan/plan.js";
import { type CacheStore, type DatabaseStore, hasServers } from "../plan/stores/index.js";
import { METRICS, type Metric, type MetricName } from "./facts/metrics.js";
import { CLOUDNATIVE_PG } from "./facts/operators.js";
import { serversToServe } from "./placement/survival.js";
import { hasPersistentVolume } from "./subjects.js";
import { onOneMachine } from "./terms/machine.js";

/** What an alert compares, or why it can compare nothing. */
export type Condition =
  | {
      readonly kind: "metric";
      readonly metric: MetricName;
      readonly labels: readonly LabelMatcher[];
      readonly comparison: "below" | "above";
      /** A count, an age in seconds, or bytes, as the metric's unit is. */
      readonly threshold: number;
      /** The alert fires only for a pod of which this count is above 0. */
      readonly pending?: { readonly metric: MetricName; readonly labels: readonly LabelMatcher[] };
      /** The alert also fires while the sum of the first metric is above that of the second, of the same labels. */
      readonly orMore?: { readonly of: MetricName; readonly than: MetricName };
      /** What a missing series of an age means: that nothing was ever stored, or not since this point in time. */
      readonly missing?: "never" | { readonly since: MetricName };
    }
  | { readonly kind: "unmeasured"; readonly why: string };

export type MetricCondition = Extract<Condition, { readonly kind: "metric" }>;

/** The share of requests during the last minutes that the platform failed, in PromQL, is above a limit. */
export interface FailedRequests {
  readonly kind: "requests";
  readonly failed: string;
  readonly above: Ratio;
}

/** Selects the series of one subject by the operators of PromQL: equality if omitted, or a regular expression. */
export interface LabelMatcher {
  readonly label: string;
  readonly value: string;
  readonly match?: "=~" | "!~";
}

/** The gateway sends no request to any server of a model, because all have failed. */
export function everyTargetEjected({ name }: Model): Condition {
  return {
    kind: "metric",
    metric: "keelson_gateway_target_up",
    labels: [{ label: "model", value: name }],
    comparison: "below",
    threshold: 1,
  };
}

/** Fewer replicas of a unit are ready than it needs. */
export function replicasBelow(unit: Unit, plan: Plan, minReplicas: number): Condition {
  if (onOneMachine(plan)) return supervised(unit);
  return workloadBelow(hasPersistentVolume(unit) ? "statefulset" : "deployment", unit, plan, minReplicas);
}

/** No replica of CloudNativePG is available. Its manifest and its chart name the Deployment differently. */
export function cloudNativePgUnavailable(): Condition {
  return deploymentsBelow(CLOUDNATIVE_PG.namespace, CLOUDNATIVE_PG.deployments, 1);
}

/** Fewer proxies of an entrance's controller are available than its installation runs. */
export function proxiesBelow({ name, controller, namespace, replicas }: Entrance, plan: Plan): Condition {
  if (onOneMachine(plan)) return { kind: "unmeasured", why: "`keelson up` supervises the processes behind it itself" };
  const { proxies } = CONTROLLERS[controller];
  return proxies && namespace !== undefined
    ? deploymentsBelow(namespace, proxies.deployment(plan.namespace, name), replicas)
    : { kind: "unmeasured", why: "it is not known what accepts its requests" };
}

/**
 * A certificate expires within `lead`: one of cert-manager by its own metric, whose label `namespace` is that of cert-manager in some
 * installations; another as a probe from outside sees it. A certificate that is not found counts as expired.
 */
export function certificateExpiresWithin(entrance: Entrance, lead: Milliseconds): Condition {
  const byCertManager = issuerOf(entrance) !== undefined;
  return {
    kind: "metric",
    metric: byCertManager ? "certmanager_certificate_expiration_timestamp_seconds" : "probe_ssl_earliest_cert_expiry",
    labels: byCertManager
      ? [{ label: "name", value: certificateName(entrance) }]
      : [
          {
            label: "instance",
            value: `(https://)?${entrance.host?.replaceAll(".", "\\.") ?? ""}(:443)?(/.*)?`,
            match: "=~",
          },
        ],
    comparison: "below",
    threshold: Math.ceil(lead / 1_000),
  };
}

/** Deployments of another namespace, by a regular expression of their names. */
function deploymentsBelow(namespace: string, names: string, threshold: number): Condition {
  return {
    kind: "metric",
    metric: "kube_deployment_status_replicas_available",
    labels: [
      { label: "namespace", value: namespace },
      { label: "deployment", value: names, match: "=~" },
    ],
    comparison: "below",
    threshold,
  };
}

/** The kubelet of a node evicts pods. Nodes belong to no namespace. */
export function nodeUnderPressure(): Condition {
  return {
    kind: "metric",
    metric: "kube_node_status_condition",
    labels: [
      { label: "condition", value: "MemoryPressure|DiskPressure|PIDPressure", match: "=~" },
      { label: "status", value: "true" },
    ],
    comparison: "above",
    threshold: 0,
  };
}

/** The volume of a server has less than this share of its size left. Claims of StatefulSets begin with the volume's name. */
export function volumeSpaceBelow(store: Store, plan: Plan, share: Ratio): Condition {
  if (store.provider.kind === "embedded") return supervised(store);
  if (store.provider.kind === "managed") return notExported(store);
  return {
    kind: "metric",
    metric: "kubelet_volume_stats_available_bytes",
    labels: [inNamespace(plan), { label: "persistentvolumeclaim", value: `(data-)?${store.name}-[0-9]+`, match: "=~" }],
    comparison: "below",
    threshold: Math.floor(store.size * share),
  };
}

/** Fewer than `minServers` servers of a store are up: by default than it certainly serves with. */
export function serverUnavailable(
  store: Store,
  plan: Plan,
  minServers = hasServers(store) ? serversToServe(store) : 1,
): Condition {
  switch (store.provider.kind) {
    case "embedded":
      return supervised(store);
    case "managed":
      return notExported(store);
    case "in-cluster":
      return runsOnCloudNativePg(store)
        ? {
            kind: "metric",
            metric: "cnpg_collector_up",
            labels: instancesOf(store, plan),
            comparison: "below",
            threshold: minServers,
          }
        : workloadBelow("statefulset", store, plan, minServers);
  }
}

/**
 * A replica of a database lags by more than `age`, or receives nothing: once it has replayed what it received, CloudNativePG exports a lag
 * of 0 for it, connected or not (config/manager/default-monitoring.yaml, pg_replication; read 2026-11-30).
 */
export function replicaLagAbove(store: DatabaseStore, plan: Plan, age: Milliseconds): Condition {
  if (!runsOnCloudNativePg(store)) return notExported(store);
  return {
    ...olderThan("cnpg_pg_replication_lag", instancesOf(store, plan), age),
    orMore: { of: "cnpg_pg_replication_in_recovery", than: "cnpg_pg_replication_is_wal_receiver_up" },
  };
}

/**
 * The newest archived WAL file of a database, or on one machine the oldest file that is not archived, is older than `age`. CloudNativePG
 * exports only the first: it also grows while a database is idle, when PostgreSQL completes no file in spite of `archive_timeout`
 * (https://www.postgresql.org/docs/17/runtime-config-wal.html: only if "there has been any database activity"). So files must wait too.
 */
export function walArchiveOlderThan(store: DatabaseStore | CacheStore, plan: Plan, age: Milliseconds): Condition {
  if (runsOnCloudNativePg(store)) {
    const labels = instancesOf(store, plan);
    const waiting = { label: "value", value: "ready" };
    return {
      ...olderThan("cnpg_pg_stat_archiver_seconds_since_last_archival", labels, age),
      pending: { metric: "cnpg_collector_pg_wal_archive_status", labels: [...labels, waiting] },
    };
  }
  if (store.provider.kind === "embedded") return olderThan("keelson_database_log_backlog_age_seconds", [], age);
  return notExported(store);
}

/** The newest whole backup of a store is older than `age`, or there is none. */
export function backupOlderThan(store: DatabaseStore | CacheStore, plan: Plan, age: Milliseconds): Condition {
  if (runsOnCloudNativePg(store)) {
    const metric = "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp";
    return { ...olderThan(metric, instancesOf(store, plan), age), missing: "never" };
  }
  if (store.provider.kind === "in-cluster") {
    const cronJob = { label: "cronjob", value: `${store.name}-backup` };
    // A Job of its own takes the first backup.
    return {
      ...olderThan("kube_cronjob_status_last_successful_time", [inNamespace(plan), cronJob], age),
      missing: { since: "kube_cronjob_created" },
    };
  }
  if (store.provider.kind === "embedded")
    return { ...olderThan("keelson_backup_age_seconds", [], age), missing: "never" };
  return notExported(store);
}

/**
 * The newest backup that any of these schedules of Velero completed is older than `age`, or none has completed one: Velero then exports
 * no time of it (pkg/metrics/metrics.go, InitSchedule; read 2026-11-30).
 */
export function veleroBackupOlderThan(schedules: readonly string[], age: Milliseconds): Condition {
  const [first = "", ...more] = schedules;
  const label = more.length > 0 ? { value: schedules.join("|"), match: "=~" as const } : { value: first };
  const condition = olderThan("velero_backup_last_successful_timestamp", [{ label: "schedule", ...label }], age);
  return { ...condition, missing: "never" };
}

/** The newest backup whose restore was verified is older than `age`, or there is none. */
export function verifiedBackupOlderThan({ provider }: Store, age: Milliseconds): Condition {
  if (provider.kind === "embedded")
    return { ...olderThan("keelson_backup_verified_age_seconds", [], age), missing: "never" };
  return { kind: "unmeasured", why: "no component exports when a backup was last restored and compared" };
}

/**
 * The condition in PromQL. Series of several pods are combined: their sum for counts, their newest for points in time,
 * their oldest for ages, the next for points in time to come, the least of them for bytes. A missing series counts as 0 where too low
 * a count or a time fires, and as never where too old a backup fires.
 */
export function alertExpression(condition: MetricCondition | FailedRequests): string {
  if (condition.kind === "requests") return `${condition.failed} > ${condition.above}`;
  const { metric, labels, comparison, threshold, pending, orMore } = condition;
  if (pending !== undefined) {
    // An age below 0 is that of nothing: no file was ever archived.
    const age = seriesOf(metric, labels);
    return `max((${age} > ${threshold} or ${age} < 0) and on (namespace, pod) ${seriesOf(pending.metric, pending.labels)} > 0)`;
  }
  const compared = `${measuredExpression(condition)} ${comparison === "below" ? "<" : ">"} ${threshold}`;
  if (orMore === undefined) return compared;
  return `${compared} or sum(${seriesOf(orMore.of, labels)}) > sum(${seriesOf(orMore.than, labels)})`;
}

/** What the condition compares with its threshold, in PromQL. */
export function measuredExpression({ metric, labels, comparison, missing }: MetricCondition): string {
  const series = seriesOf(metric, labels);
  const { unit } = METRICS[metric];
  if (missing !== undefined) {
    const since = missing === "never" ? "" : ` or max(${seriesOf(missing.since, labels)})`;
    return unit === "timestamp" ? `time() - (max(${series})${since} or vector(0))` : `(max(${series}) or vector(Inf))`;
  }
  const combined = COMBINED[unit](series);
  return comparison === "below" && unit !== "bytes" ? `(${combined} or vector(0))` : combined;
}

const COMBINED: Readonly<Record<Metric["unit"], (series: string) => string>> = {
  count: (series) => `sum(${series})`,
  seconds: (series) => `max(${series})`,
  timestamp: (series) => `time() - max(${series})`,
  bytes: (series) => `min(${series})`,
  deadline: (series) => `min(${series}) - time()`,
};

/** A selector of PromQL. */
export function seriesOf(metric: string, labels: readonly LabelMatcher[]): string {
  const matchers = labels.map(({ label, value, match = "=" }) => `${label}${match}${JSON.stringify(value)}`);
  return `${metric}${matchers.length === 0 ? "" : `{${matchers.join(", ")}}`}`;
}

function workloadBelow(
  kind: "deployment" | "statefulset",
  { name }: Element,
  plan: Plan,
  minReplicas: number,
): Condition {
  return {
    kind: "metric",
    metric:
      kind === "deployment" ? "kube_deployment_status_replicas_available" : "kube_statefulset_status_replicas_ready",
    labels: [inNamespace(plan), { label: kind, value: name }],
    comparison: "below",
    threshold: minReplicas,
  };
}

function olderThan(metric: MetricName, labels: readonly LabelMatcher[], age: Milliseconds): MetricCondition {
  return { kind: "metric", metric, labels, comparison: "above", threshold: Math.ceil(age / 1_000) };
}

function supervised({ name }: Element): Condition {
  return { kind: "unmeasured", why: `\`keelson up\` supervises ${name} itself and exports no metric of it` };
}

function notExported({ name, provider }: Store): Condition {
  return { kind: "unmeasured", why: `${provider.product} exports no metric of ${name} to Prometheus` };
}

/** Metrics of Kubernetes, and of pods that Prometheus finds there, have the namespace. */
export function inNamespace(plan: Plan): LabelMatcher {
  return { label: "namespace", value: plan.namespace };
}

/** CloudNativePG names the pods of a cluster `NAME-1`, `NAME-2` and so on. */
function instancesOf({ name }: Element, plan: Plan): readonly LabelMatcher[] {
  return [inNamespace(plan), { label: "pod", value: `${name}-[1-9][0-9]*`, match: "=~" }];
}

function runsOnCloudNativePg({ provider }: Store): boolean {
  return provider.product === CLOUDNATIVE_PG.product;
}
