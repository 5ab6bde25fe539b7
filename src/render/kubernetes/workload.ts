import type { Unit } from "../../plan/plan.js";
import { persistentVolumes } from "./volumes.js";

/** A unit that keeps files of its own needs a claim per replica, which only a StatefulSet gives. */
export function workloadKind(unit: Unit): "Deployment" | "StatefulSet" {
  return persistentVolumes(unit).length > 0 ? "StatefulSet" : "Deployment";
}
