import { ENGINES } from "../plan/engines/index.js";
import type { Plan, Unit } from "../plan/plan.js";

/** The default port of OpenTelemetry's Prometheus exporters (OpenTelemetry specification, "Prometheus Exporter"). */
const DEFAULT_METRICS_PORT = 9464;

/**
 * The port on which a replica serves only `/metrics`. No Service and no Ingress refers to it, so it is not public.
 * A model server that exports metrics
 * serves them beside its API. Undefined if no Prometheus is configured, and for all other programs.
 */
export function metricsPort(plan: Plan, unit: Unit): number | undefined {
  if (plan.observe.metrics !== "prometheus") return undefined;
  if (unit.modules.length === 0) return modelServerPort(plan, unit);
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ number }) => number)));
  let port = DEFAULT_METRICS_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

function modelServerPort({ models }: Plan, unit: Unit): number | undefined {
  const engine = models.find(({ name }) => name === unit.model)?.engine;
  return engine !== undefined && ENGINES[engine].server?.exportsMetrics ? unit.ports[0]?.number : undefined;
}
