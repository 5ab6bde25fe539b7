import { ENGINES } from "../plan/engines/index.js";
import type { Plan, Unit } from "../plan/plan.js";

/** The default port of OpenTelemetry's Prometheus exporters (OpenTelemetry specification, "Prometheus Exporter"). */
const DEFAULT_METRICS_PORT = 9464;

/** Where programs serve metrics that declare no other path (prometheus.io/docs/prometheus/latest/configuration/configuration, `metrics_path`). */
export const METRICS_PATH = "/metrics";

/**
 * The port on which a replica serves metrics: Keelson's modules on one of its own, which no Service and no Ingress refers to, so it is
 * not public; a model server, and an image that declares metrics, on a port of their API. Undefined if no Prometheus is configured, and
 * for all other programs.
 */
export function metricsPort(plan: Plan, unit: Unit): number | undefined {
  if (plan.observe.metrics !== "prometheus") return undefined;
  if (unit.modules.length === 0) return unit.metrics?.port ?? modelServerPort(plan, unit);
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ number }) => number)));
  let port = DEFAULT_METRICS_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

function modelServerPort({ models }: Plan, unit: Unit): number | undefined {
  const engine = models.find(({ name }) => name === unit.model)?.engine;
  return engine !== undefined && ENGINES[engine].server?.exportsMetrics ? unit.ports[0]?.number : undefined;
}
