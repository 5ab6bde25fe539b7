import type { Port, Unit } from "../plan/plan.js";
import { planFile } from "./plan-document.js";
import { secretsDirectory } from "./secrets.js";

/** Where Keelson's modules keep files that belong to one replica. */
export const dataDirectory = "/var/lib/keelson";

/** What `keelson serve` is told in a container, whoever runs it. `metrics` is the port for Prometheus, where it comes. */
export function serveArguments(
  unit: Unit,
  modules: readonly string[],
  ports: readonly Port[],
  metrics?: number,
): string[] {
  const port = ports.find((candidate) => candidate.protocol === "http") ?? ports[0];
  return [
    "serve",
    `--plan=${planFile}`,
    `--unit=${unit.name}`,
    `--modules=${modules.join(",")}`,
    ...(unit.model === undefined ? [] : [`--model=${unit.model}`]),
    ...(port === undefined ? [] : [`--listen=0.0.0.0:${port.number}`]),
    ...(metrics === undefined ? [] : [`--metrics-listen=0.0.0.0:${metrics}`]),
    `--data=${dataDirectory}`,
    `--secrets=${secretsDirectory}`,
  ];
}
