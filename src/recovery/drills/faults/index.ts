import type { FaultId } from "../../../promises/faults/index.js";
import type { FaultExecutor } from "../target.js";
import { backupCorruption } from "./backup-corruption.js";
import { databaseLoss } from "./database-loss.js";
import { processCrash } from "./process-crash.js";

/** The available drills, by their ids in the catalogue of promises. */
export const executors = {
  "process-crash": () => processCrash,
  "database-loss": () => databaseLoss,
  "backup-corruption": backupCorruption,
} satisfies Partial<Record<FaultId, () => FaultExecutor>>;

/** A fault that a drill can inject. */
export type DrillFault = keyof typeof executors;

export function isDrillFault(fault: string): fault is DrillFault {
  return Object.hasOwn(executors, fault);
}
