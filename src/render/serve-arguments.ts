import { DATA_DIRECTORY } from "../plan/directories.js";
import type { Port, Unit } from "../plan/plan.js";
import { SECRETS_DIRECTORY } from "../plan/variables.js";
import { PLAN_FILE } from "./plan-document.js";

/**
 * Arguments of `keelson serve` in a container, on every target. `metrics`: the port that Prometheus scrapes, if any. `[::]` accepts
 * IPv4 as well (Node.js, `net.Server.listen`), so that pods of clusters with either family answer.
 */
export function serveArguments(
  unit: Unit,
  modules: readonly string[],
  ports: readonly Port[],
  metrics?: number,
): string[] {
  const port = ports.find((candidate) => candidate.protocol === "http") ?? ports[0];
  return [
    "serve",
    `--plan=${PLAN_FILE}`,
    `--unit=${unit.name}`,
    `--modules=${modules.join(",")}`,
    ...(unit.model === undefined ? [] : [`--model=${unit.model}`]),
    ...(port === undefined ? [] : [`--listen=[::]:${port.number}`]),
    ...(metrics === undefined ? [] : [`--metrics-listen=[::]:${metrics}`]),
    `--data=${DATA_DIRECTORY}`,
    `--secrets=${SECRETS_DIRECTORY}`,
  ];
}
