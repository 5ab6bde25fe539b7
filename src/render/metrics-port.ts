import type { Plan, Unit } from "../plan/plan.js";

/** The port that Prometheus exporters of OpenTelemetry take (OpenTelemetry specification, "Prometheus Exporter"). */
const usual = 9464;

/**
 * The port on which a replica answers `/metrics` and nothing else. It belongs to no Service and no entrance, so the world
 * does not get there. Undefined where nobody scrapes, and for programs that are not Keelson's own.
 */
export function metricsPort(plan: Plan, unit: Unit): number | undefined {
  if (plan.observe.metrics !== "prometheus" || unit.modules.length === 0) return undefined;
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ number }) => number)));
  let port = usual;
  while (taken.has(port)) port += 1;
  return port;
}
