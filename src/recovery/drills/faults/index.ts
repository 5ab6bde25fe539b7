import type { FaultExecutor } from "../target.js";
import { backupCorruption } from "./backup-corruption.js";
import { databaseLoss } from "./database-loss.js";
import { processCrash } from "./process-crash.js";

/** The available drills, by their ids in the catalogue of promises. */
export const executors: Readonly<Record<string, () => FaultExecutor>> = {
  "process-crash": () => processCrash,
  "database-loss": () => databaseLoss,
  "backup-corruption": backupCorruption,
};
