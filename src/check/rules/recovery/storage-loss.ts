import type { FaultId } from "../../../promises/faults/index.js";

/** The faults that lose all copies of a store's data: recovery starts from a backup. */
export const STORAGE_LOSS_FAULTS = ["database-loss", "cache-loss"] as const satisfies readonly FaultId[];
