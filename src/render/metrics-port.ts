import type { Plan, Unit } from "../plan/plan.js";

/** The default port of OpenTelemetry's Prometheus exporters (OpenTelemetry specification, "Prometheus Exporter"). */
const DEFAULT_METRICS_PORT = 9464;

/**
 * The port on which a replica serves only `/metrics`. No Service and no Ingress refers to it, so it is not public.
 * Undefined if no Prometheus is configured, and for programs other than Keelson's modules.
 */
export function metricsPort(plan: Plan, unit: Unit): number | undefined {
  if (plan.observe.metrics !== "prometheus" || unit.modules.length === 0) return undefined;
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ number }) => number)));
  let port = DEFAULT_METRICS_PORT;
  while (taken.has(port)) port += 1;
  return port;
}
