import type { Plan } from "../../plan/plan.js";
import type { FaultName } from "../../platform-file/faults.js";
import type { Assessment, Fault } from "../fault.js";
import { backupCorruption } from "./backup-corruption.js";
import { badRelease } from "./bad-release.js";
import { brokerLoss } from "./broker-loss.js";
import { bucketLoss } from "./bucket-loss.js";
import { cacheLoss } from "./cache-loss.js";
import { certificateExpiry } from "./certificate-expiry.js";
import { clusterLoss } from "./cluster-loss.js";
import { controlPlaneLoss } from "./control-plane-loss.js";
import { databaseLoss } from "./database-loss.js";
import { deletion } from "./deletion.js";
import { dnsFailover } from "./dns-failover.js";
import { entranceLoss } from "./entrance-loss.js";
import { nodeLoss } from "./node-loss.js";
import { nodePressure } from "./node-pressure.js";
import { operatorLoss } from "./operator-loss.js";
import { overload } from "./overload.js";
import { processCrash } from "./process-crash.js";
import { providerOutage } from "./provider-outage.js";
import { regionLoss } from "./region-loss.js";
import { replicaLag } from "./replica-lag.js";
import { secretLeak } from "./secret-leak.js";
import { volumeLoss } from "./volume-loss.js";
import { zoneLoss } from "./zone-loss.js";

/** Every fault with predictions, an alert and a runbook, and a drill for some, in the order of the sheet. */
export const faults = [
  processCrash,
  operatorLoss,
  nodePressure,
  nodeLoss,
  entranceLoss,
  certificateExpiry,
  dnsFailover,
  zoneLoss,
  regionLoss,
  cacheLoss,
  brokerLoss,
  replicaLag,
  databaseLoss,
  volumeLoss,
  bucketLoss,
  backupCorruption,
  deletion,
  controlPlaneLoss,
  clusterLoss,
  badRelease,
  providerOutage,
  overload,
  secretLeak,
] as const;

/** A fault of the catalogue. A platform file may name others (`FaultName`), which are not predicted yet. */
export type FaultId = (typeof faults)[number]["id"];

/** What one fault does to each subject of a plan; nothing for one that is not predicted. */
export function assess(id: FaultName, plan: Plan): readonly Assessment[] {
  return faults.find((fault) => fault.id === id)?.assess(plan) ?? [];
}

/** The faults that include the damage of this one, directly or not. The catalogue lists smaller faults first. */
export function largerFaults(id: FaultName): readonly FaultId[] {
  const reached = new Set<FaultName>([id]);
  return faults.flatMap((fault) => {
    if (!includedIn(fault).some((smaller) => reached.has(smaller))) return [];
    reached.add(fault.id);
    return [fault.id];
  });
}

/** The next smaller faults, whose damage this one includes. */
export function smallerFaults(id: FaultName): readonly FaultName[] {
  const fault = faults.find((each) => each.id === id);
  return fault ? includedIn(fault) : [];
}

function includedIn({ includes }: Pick<Fault, "includes">): readonly FaultName[] {
  return includes;
}

/** Whether a drill schedule should name it: a fault that `keelson drill` or a person can inject. */
export function canBeInjected(id: FaultName): boolean {
  return faults.some((fault) => fault.id === id && drillOf(fault).kind !== "impossible");
}

function drillOf({ drill }: Pick<Fault, "drill">): Fault["drill"] {
  return drill;
}
