import type { PersistentVolume, Plan, Sidecar, Store, Unit } from "../../plan/plan.js";
import { notRunByUp } from "../facts/supervisor.js";
import type { Prediction, Remedy } from "../prediction.js";
import { unknown } from "../prediction.js";
import { onOneMachine } from "./machine.js";

/** `not run here: …`, for an element of the plan that `keelson up` does not run; undefined for all others. */
export function notRunHere(element: Unit | Sidecar | Store, plan: Plan): string | undefined {
  const why = onOneMachine(plan) ? notRunByUp(element) : undefined;
  return why === undefined ? undefined : `not run here: ${why}`;
}

/** The recovery of an element that is not run cannot be predicted: its promises are neither kept nor broken. */
export function unknownIfNotRun(subject: Unit | Store, plan: Plan): Prediction | undefined {
  const why = notRunHere(subject, plan);
  return why === undefined ? undefined : unknown(plan, subject.path, why, withdrawPromise(subject));
}

/** The remedy for an element that is not run: set no objectives for it here, or run it in containers. */
export function withdrawPromise({
  path,
  objectives,
}: Pick<Unit | Store | PersistentVolume, "path" | "objectives">): Remedy {
  const promised = (["rto", "rpo"] as const).filter((of) => objectives[of] !== undefined);
  return {
    advice:
      "set no objectives for it in this environment (`objectives: { rto: none, rpo: none }`), or run it in containers: `keelson render FILE -t compose`, or `provide: in-cluster`",
    edits: promised.map((of) => ({ path: `${path}.objectives.${of}`, value: "none" })),
  };
}
