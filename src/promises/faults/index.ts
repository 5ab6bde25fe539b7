import type { FaultName } from "../../platform-file/faults.js";
import { backupCorruption } from "./backup-corruption.js";
import { bucketLoss } from "./bucket-loss.js";
import { cacheLoss } from "./cache-loss.js";
import { databaseLoss } from "./database-loss.js";
import { nodeLoss } from "./node-loss.js";
import { processCrash } from "./process-crash.js";
import { regionLoss } from "./region-loss.js";
import { volumeLoss } from "./volume-loss.js";
import { zoneLoss } from "./zone-loss.js";

/** Every fault with predictions, an alert and a runbook, and a drill for some, in the order of the sheet. */
export const faults = [
  processCrash,
  nodeLoss,
  zoneLoss,
  regionLoss,
  cacheLoss,
  databaseLoss,
  volumeLoss,
  bucketLoss,
  backupCorruption,
] as const;

/** A fault of the catalogue. A platform file may name others (`FaultName`), which are not predicted yet. */
export type FaultId = (typeof faults)[number]["id"];

/** The faults that include the damage of this one, the next larger first. */
export function largerFaults(id: FaultName): readonly FaultId[] {
  const larger: FaultId[] = [];
  for (let smaller: FaultName | undefined = id; smaller !== undefined; ) {
    const next: FaultId | undefined = faults.find(({ includes }) => includes === smaller)?.id;
    if (next !== undefined) larger.push(next);
    smaller = next;
  }
  return larger;
}

/** The next smaller fault, whose damage this one includes. */
export function smallerFault(id: FaultName): FaultId | undefined {
  const includes = faults.find((fault) => fault.id === id)?.includes;
  return faults.find((fault) => fault.id === includes)?.id;
}
