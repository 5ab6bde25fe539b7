import type { FaultName } from "../platform-file/faults.js";
import type { SloObjective } from "../promises/objectives.js";

/** A promise of the sheet: an objective under a fault, or what an SLO target promises, which has no fault. */
export interface Concern {
  readonly fault?: FaultName;
  readonly subject: string;
  readonly of: "rto" | "rpo" | SloObjective;
}
