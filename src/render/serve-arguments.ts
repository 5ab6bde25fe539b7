import { DATA_DIRECTORY } from "../plan/directories.js";
import type { Port, Unit } from "../plan/plan.js";
import { SECRETS_DIRECTORY } from "../plan/variables.js";
import { PLAN_FILE } from "./plan-document.js";

/** Arguments of `keelson serve` in a container, on every target. `metrics`: the port that Prometheus scrapes, if any. */
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
    ...(port === undefined ? [] : [`--listen=0.0.0.0:${port.number}`]),
    ...(metrics === undefined ? [] : [`--metrics-listen=0.0.0.0:${metrics}`]),
    `--data=${DATA_DIRECTORY}`,
    `--secrets=${SECRETS_DIRECTORY}`,
  ];
}
