import type { Plan, Unit } from "../../plan/plan.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";

/** A usage event is in a log on the gateway's disk before its answer is complete. */
const intentsAreDurable = {
  value: 0,
  source: "the gateway makes a usage event durable on its disk before the last byte of the answer goes out",
};

/** How old an event in that log can be before PostgreSQL has it. */
const publishing = {
  value: 5_000,
  why: "usage events on the gateway's disk are published to PostgreSQL within 5s while it answers",
};

const statelessness = { value: 0, source: "the unit keeps nothing of its own: what it acknowledged is in a store" };

/** What a dead process takes with it: nothing, its disk outlives it. */
export function lostByProcess(unit: Unit, plan: Plan): Prediction {
  return bounded(plan, unit.path, [
    countsUsage(unit)
      ? cited("nothing: usage events are on disk", intentsAreDurable)
      : cited("nothing: no state of its own", statelessness),
  ]);
}

/** What a dead node takes with it: what its pods had on local disks. Volumes of their own are attached elsewhere. */
export function lostByNode(unit: Unit, plan: Plan): Prediction {
  return bounded(plan, unit.path, [
    countsUsage(unit)
      ? assumed("usage events not yet published", publishing.value, publishing.why)
      : cited("nothing: no state of its own", statelessness),
  ]);
}

/** A dead zone takes its volumes with it as well. */
export function lostByZone(unit: Unit, plan: Plan): Prediction {
  const volume = unit.volumes.find(({ kind }) => kind === "persistent");
  if (!volume) return lostByNode(unit, plan);
  return unbounded(
    plan,
    `${unit.path}.volumes`,
    `the volume ${volume.name} of ${unit.name} is in one zone and has no copy elsewhere`,
    {
      advice: `keep what is in ${volume.name} in a store that is replicated or backed up`,
    },
  );
}

function countsUsage(unit: Unit): boolean {
  return unit.modules.includes("gateway");
}
