import type { Unit } from "../../plan/plan.js";

/** A unit that keeps files of its own needs a claim per replica, which only a StatefulSet gives. */
export function workloadKind(unit: Unit): "Deployment" | "StatefulSet" {
  return unit.volumes.some((volume) => volume.kind === "persistent") ? "StatefulSet" : "Deployment";
}
