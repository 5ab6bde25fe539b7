import { descriptorsOf, type ModuleState } from "../../modules/index.js";
import type { Plan, Unit } from "../../plan/plan.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";

const statelessness = { value: 0, source: "the unit has no state of its own: what it acknowledged is in a store" };

/** A process crash loses nothing: the disk survives it. */
export function lostByProcessCrash(unit: Unit, plan: Plan): Prediction {
  const state = stateOf(unit)?.process;
  return bounded(plan, unit.path, [
    state
      ? cited(state.label, { value: state.lossMs, source: state.source })
      : cited("nothing: no state of its own", statelessness),
  ]);
}

/** A node failure loses what the pods had on local disks. Persistent volumes are attached to another node. */
export function lostByNodeLoss(unit: Unit, plan: Plan): Prediction {
  const state = stateOf(unit)?.node;
  return bounded(plan, unit.path, [
    state ? assumed(state.label, state.lossMs, state.why) : cited("nothing: no state of its own", statelessness),
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

/** The first module of the unit that has state of its own. */
function stateOf(unit: Unit): ModuleState | undefined {
  return descriptorsOf(unit.modules).find(({ state }) => state !== undefined)?.state;
}
