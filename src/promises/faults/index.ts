import type { Fault } from "../fault.js";
import { backupCorruption } from "./backup-corruption.js";
import { cacheLoss } from "./cache-loss.js";
import { databaseLoss } from "./database-loss.js";
import { nodeLoss } from "./node-loss.js";
import { processCrash } from "./process-crash.js";
import { zoneLoss } from "./zone-loss.js";

/** Every fault that is predicted, watched, answered and drilled, from the smallest to the worst. */
export const faults: readonly Fault[] = [processCrash, nodeLoss, zoneLoss, cacheLoss, databaseLoss, backupCorruption];
