import type { Element, Plan } from "../../plan/plan.js";
import { METRICS_PATH } from "../metrics-port.js";
import type { PodMonitor } from "./manifest.js";
import { metadata } from "./metadata.js";

/** Annotations by which Prometheus finds the pods to scrape; undefined without a port of metrics, or with PodMonitors. */
export function scrapeAnnotations(
  { observe }: Plan,
  port: number | undefined,
  path = METRICS_PATH,
): Record<string, string> | undefined {
  if (port === undefined || observe.metrics !== "prometheus" || observe.discovery !== "annotations") return undefined;
  return { "prometheus.io/path": path, "prometheus.io/port": String(port), "prometheus.io/scrape": "true" };
}

/**
 * What the Prometheus Operator scrapes of one element: pods, because no Service refers to a port of metrics. `port` is its name
 * in the pod, undefined if there is none.
 */
export function podMonitor(
  plan: Plan,
  element: Pick<Element, "name">,
  component: string,
  pods: {
    readonly labels: Record<string, string>;
    readonly port: string | undefined;
    readonly path?: string | undefined;
  },
): PodMonitor | undefined {
  const { observe } = plan;
  if (pods.port === undefined || observe.metrics !== "prometheus" || observe.discovery !== "pod-monitors")
    return undefined;
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: metadata(plan, element, component),
    spec: {
      selector: { matchLabels: pods.labels },
      podMetricsEndpoints: [{ port: pods.port, path: pods.path ?? METRICS_PATH }],
    },
  };
}
