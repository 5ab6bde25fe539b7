import type { Source } from "../../plan/plan.js";

/** A metric that an alert or an indicator reads, with the component that exports it. */
export interface Metric extends Source {
  /** What its value is: a number of things, an age in seconds, a point in time in seconds since 1970 or one to come, or bytes. */
  readonly unit: "count" | "seconds" | "timestamp" | "deadline" | "bytes";
  /** The document of the component that describes it, or the module of Keelson that exports it. */
}

/** The metrics that alerts and indicators are built on. Each one exists: a test finds those of Keelson in the program. */
export const METRICS = {
  kube_deployment_status_replicas_available: {
    unit: "count",
    source: "kube-state-metrics: docs/metrics/workload/deployment-metrics.md",
  },
  kube_statefulset_status_replicas_ready: {
    unit: "count",
    source: "kube-state-metrics: docs/metrics/workload/statefulset-metrics.md",
  },
  kube_cronjob_status_last_successful_time: {
    unit: "timestamp",
    source: "kube-state-metrics: docs/metrics/workload/cronjob-metrics.md",
  },
  kube_cronjob_created: {
    unit: "timestamp",
    source: "kube-state-metrics: docs/metrics/workload/cronjob-metrics.md",
  },
  kube_pod_container_status_last_terminated_reason: {
    unit: "count",
    source: "kube-state-metrics: docs/metrics/workload/pod-metrics.md",
  },
  kube_pod_container_status_restarts_total: {
    unit: "count",
    source: "kube-state-metrics: docs/metrics/workload/pod-metrics.md",
  },
  kube_node_status_condition: {
    unit: "count",
    source: "kube-state-metrics: docs/metrics/cluster/node-metrics.md",
  },
  kubelet_volume_stats_available_bytes: {
    unit: "bytes",
    source: "kubelet: kubernetes.io, Kubernetes Metrics Reference",
  },
  certmanager_certificate_expiration_timestamp_seconds: {
    unit: "deadline",
    source: "cert-manager: pkg/metrics/metrics.go; by the name of the Certificate",
  },
  probe_ssl_earliest_cert_expiry: {
    unit: "deadline",
    source: "blackbox_exporter: prober/handler.go; by the address that it probes",
  },
  cnpg_collector_up: { unit: "count", source: "CloudNativePG: Monitoring, metrics of an instance" },
  barman_cloud_cloudnative_pg_io_last_available_backup_timestamp: {
    unit: "timestamp",
    source: "plugin-barman-cloud: Observability; the metric of CloudNativePG itself stands still with the plug-in",
  },
  cnpg_pg_stat_archiver_seconds_since_last_archival: {
    unit: "seconds",
    source: "CloudNativePG: Monitoring, default set of metrics (pg_stat_archiver)",
  },
  cnpg_pg_replication_lag: {
    unit: "seconds",
    source: "CloudNativePG: Monitoring, default set of metrics (pg_replication)",
  },
  cnpg_pg_replication_in_recovery: {
    unit: "count",
    source: "CloudNativePG: config/manager/default-monitoring.yaml (pg_replication)",
    read: "2026-11-30",
  },
  cnpg_pg_replication_is_wal_receiver_up: {
    unit: "count",
    source: "CloudNativePG: config/manager/default-monitoring.yaml (pg_replication)",
    read: "2026-11-30",
  },
  velero_backup_last_successful_timestamp: {
    unit: "timestamp",
    source: "Velero: pkg/metrics/metrics.go, by schedule",
    read: "2026-11-30",
  },
  keelson_gateway_requests_total: { unit: "count", source: "the gateway module of Keelson" },
  keelson_gateway_refused_total: { unit: "count", source: "the gateway module of Keelson" },
  keelson_gateway_target_up: { unit: "count", source: "the gateway module of Keelson" },
  cnpg_collector_pg_wal_archive_status: {
    unit: "count",
    source:
      "CloudNativePG: Monitoring, predefined set of metrics (segments in pg_wal/archive_status, by `ready` and `done`)",
  },
  keelson_database_log_backlog_age_seconds: { unit: "seconds", source: "the dashboard module of Keelson" },
  keelson_backup_age_seconds: { unit: "seconds", source: "the dashboard module of Keelson" },
  keelson_backup_verified_age_seconds: { unit: "seconds", source: "the dashboard module of Keelson" },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
