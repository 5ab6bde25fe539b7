import type { Plan, Unit } from "../plan/plan.js";

/** The port that Prometheus exporters of OpenTelemetry take (OpenTelemetry specification, "Prometheus Exporter"). */
const usual = 9464;

/**
 * The port on which a replica serves `/metrics` and nothing else. No Service and no entrance has it, so it is not public.
 * Undefined if no Prometheus is configured, and for programs other than Keelson's modules.
 */
export function metricsPort(plan: Plan, unit: Unit): number | undefined {
  if (plan.observe.metrics !== "prometheus" || unit.modules.length === 0) return undefined;
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ number }) => number)));
  let port = usual;
  while (taken.has(port)) port += 1;
  return port;
}
