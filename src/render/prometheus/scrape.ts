import { issuerOf } from "../../plan/entrances/issuer.js";
import type { Plan } from "../../plan/plan.js";
import { onOneMachine } from "../../promises/terms/machine.js";

/** What the predictions count with: the defaults of Prometheus (prometheus.io/docs/prometheus/latest/configuration/configuration). */
const INTERVALS = { scrape_interval: "1m", evaluation_interval: "1m" } as const;

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The configuration of a Prometheus without an operator: what the rules read, and where alerts are sent. */
export function prometheusConfig(plan: Plan): object {
  return {
    global: INTERVALS,
    rule_files: ["rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ["localhost:9093"] }] }] },
    scrape_configs: onOneMachine(plan) ? [localPlatform()] : clusterJobs(plan),
  };
}

/** `keelson up` serves metrics on its port to holders of the internal token, and `keelson serve --metrics-listen` without it. */
function localPlatform(): object {
  return {
    job_name: "keelson",
    authorization: { credentials_file: "internal-token" },
    static_configs: [{ targets: ["127.0.0.1:8800"] }],
  };
}

/** A container of a Compose file that serves metrics. */
export interface ScrapedContainer {
  readonly name: string;
  readonly port: number;
  readonly path: string;
}

/** The configuration of a Prometheus beside the containers of a Compose file, whose DNS has an address for each replica of a service. */
export function containersConfig(plan: Plan, scraped: readonly ScrapedContainer[]): object {
  return {
    global: INTERVALS,
    scrape_configs: scraped.map(({ name, port, path }) => ({
      job_name: name,
      metrics_path: path,
      dns_sd_configs: [{ names: [name], type: "A", port }],
      relabel_configs: [{ target_label: "namespace", replacement: plan.namespace }],
    })),
  };
}

function clusterJobs(plan: Plan): readonly object[] {
  const certManager = plan.entrances.some((entrance) => issuerOf(entrance) !== undefined) ? ["cert-manager"] : [];
  return [
    {
      job_name: "pods",
      kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [plan.namespace, ...certManager] } }],
      relabel_configs: [
        { source_labels: [annotation("scrape")], action: "keep", regex: "true" },
        { source_labels: [annotation("path")], regex: "(.+)", target_label: "__metrics_path__" },
        // An address of IPv6 has colons, and is in brackets.
        {
          source_labels: ["__address__", annotation("port")],
          regex: "(.+?)(?::\\d+)?;(\\d+)",
          replacement: "$1:$2",
          target_label: "__address__",
        },
        { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
        { source_labels: ["__meta_kubernetes_pod_name"], target_label: "pod" },
      ],
    },
    {
      job_name: "kube-state-metrics",
      // Its series are about other objects: their namespaces and pods must not be replaced by its own.
      honor_labels: true,
      kubernetes_sd_configs: [{ role: "endpoints" }],
      relabel_configs: [
        {
          source_labels: ["__meta_kubernetes_service_label_app_kubernetes_io_name"],
          action: "keep",
          regex: "kube-state-metrics",
        },
      ],
    },
    {
      job_name: "kubelet",
      scheme: "https",
      authorization: { credentials_file: `${SERVICE_ACCOUNT}/token` },
      tls_config: { ca_file: `${SERVICE_ACCOUNT}/ca.crt` },
      kubernetes_sd_configs: [{ role: "node" }],
    },
  ];
}

function annotation(name: "scrape" | "path" | "port"): string {
  return `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
}
