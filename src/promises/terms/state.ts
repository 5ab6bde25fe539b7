import type { Plan, Unit } from "../../plan/plan.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";

/** A usage event is durable in the gateway's journal before its response is complete. */
const journalIsDurable = {
  value: 0,
  source: "the gateway makes a usage event durable on its disk before it sends the last byte of the response",
};

/** Maximum age of an event in the journal before PostgreSQL has it. */
const publishing = {
  value: 5_000,
  why: "usage events on the gateway's disk are published to PostgreSQL within 5s while it is available",
};

const statelessness = { value: 0, source: "the unit has no state of its own: what it acknowledged is in a store" };

/** A process crash loses nothing: the disk survives it. */
export function lostByProcessCrash(unit: Unit, plan: Plan): Prediction {
  return bounded(plan, unit.path, [
    recordsUsage(unit)
      ? cited("nothing: usage events are on disk", journalIsDurable)
      : cited("nothing: no state of its own", statelessness),
  ]);
}

/** A node failure loses what the pods had on local disks. Persistent volumes are attached to another node. */
export function lostByNodeLoss(unit: Unit, plan: Plan): Prediction {
  return bounded(plan, unit.path, [
    recordsUsage(unit)
      ? assumed("usage events not yet published", publishing.value, publishing.why)
      : cited("nothing: no state of its own", statelessness),
  ]);
}

/** A zone failure also loses the volumes in the zone. */
export function lostByZoneLoss(unit: Unit, plan: Plan): Prediction {
  const volume = unit.volumes.find(({ kind }) => kind === "persistent");
  if (!volume) return lostByNodeLoss(unit, plan);
  return unbounded(
    plan,
    `${unit.path}.volumes`,
    `the volume ${volume.name} of ${unit.name} is in one zone and has no replica elsewhere`,
    {
      advice: `keep the data of ${volume.name} in a store that is replicated or backed up`,
    },
  );
}

function recordsUsage(unit: Unit): boolean {
  return unit.modules.includes("gateway");
}
