import type { FaultName } from "../platform-file/faults.js";

/** A promise of the sheet: an objective under a fault, or the availability of an SLO target, which has no fault. */
export interface Concern {
  readonly fault?: FaultName;
  readonly subject: string;
  readonly of: "rto" | "rpo" | "availability";
}
