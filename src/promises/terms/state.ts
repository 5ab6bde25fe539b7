import { descriptorsOf, type ModuleState } from "../../modules/index.js";
import type { Plan, Unit } from "../../plan/plan.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, worse } from "../prediction.js";
import { hasPersistentVolume, volumesOf } from "../subjects.js";
import { volumeAfterNodeLoss, volumeAfterZoneLoss } from "./moved-volume.js";
import { type LostWith, lostSinceVolumeBackup } from "./volume.js";

const reattached = {
  value: 0,
  source: "a network volume has what was written to it; it is attached to the node that the pod is scheduled on",
};

const statelessness = { value: 0, source: "the unit has no state of its own: what it acknowledged is in a store" };

/** A process crash loses nothing: the disk survives it. */
export function lostByProcessCrash(unit: Unit, plan: Plan): Prediction {
  const state = stateOf(unit)?.process;
  return bounded(plan, unit.path, [
    state ? cited(state.label, { value: state.lossMs, source: state.source }) : lostByRestart(unit),
  ]);
}

/** What a program acknowledges before it has written it is its own matter: the sheet knows that the volume is still there. */
function lostByRestart(unit: Unit): Term {
  return hasPersistentVolume(unit)
    ? cited("nothing: what is on the volume outlives the process", written)
    : cited("nothing: no state of its own", statelessness);
}

const written = {
  value: 0,
  source: "a volume keeps what was written to it; what a program acknowledges before it writes is not known",
};

/**
 * A node failure loses what the pods had on local disks. A persistent volume is attached to another node, unless it is on
 * a disk of the lost one.
 */
export function lostByNodeLoss(unit: Unit, plan: Plan): Prediction {
  if (hasPersistentVolume(unit)) {
    const unavailable = volumeAfterNodeLoss(plan, unit);
    if (unavailable?.kind === "unbounded") return lostWithVolumes(unit, plan, "volume");
    return (
      unavailable ?? bounded(plan, unit.path, [cited("nothing: the volume is attached to another node", reattached)])
    );
  }
  const state = stateOf(unit)?.node;
  return bounded(plan, unit.path, [
    state ? assumed(state.label, state.lossMs, state.why) : cited("nothing: no state of its own", statelessness),
  ]);
}

/** An evicted pod leaves its persistent volume, and loses what it had on the disk of the node. */
export function lostByEviction(unit: Unit, plan: Plan): Prediction {
  return hasPersistentVolume(unit)
    ? bounded(plan, unit.path, [cited("nothing: the volume outlives the pod", reattached)])
    : lostByNodeLoss(unit, plan);
}

/** A zone failure also loses the volumes in the zone. */
export function lostByZoneLoss(unit: Unit, plan: Plan): Prediction {
  const unavailable = hasPersistentVolume(unit) ? volumeAfterZoneLoss(plan, unit) : undefined;
  if (!unavailable) return lostByNodeLoss(unit, plan);
  return unavailable.kind === "unknown" ? unavailable : lostWithVolumes(unit, plan, "zone");
}

/** What is lost with the volumes of a unit: the most that any of them loses. */
function lostWithVolumes(unit: Unit, plan: Plan, lostWith: LostWith): Prediction {
  const losses = volumesOf(unit).map((volume) => lostSinceVolumeBackup(volume, plan, lostWith));
  return losses.reduce(worse, bounded(plan, unit.path, []));
}

/** The first module of the unit that has state of its own. */
function stateOf(unit: Unit): ModuleState | undefined {
  return descriptorsOf(unit.modules).find(({ state }) => state !== undefined)?.state;
}
