import type { Plan, Sidecar, Store, Unit } from "../../plan/plan.js";
import { leftOutByUp } from "../facts/supervisor.js";
import type { Prediction, Remedy } from "../prediction.js";
import { unknown } from "../prediction.js";
import { onOneMachine } from "./machine.js";

/** `not run here: …`, for what stands in the plan and is run by nobody where the plan is one machine's. */
export function notRunHere(element: Unit | Sidecar | Store, plan: Plan): string | undefined {
  const why = onOneMachine(plan) ? leftOutByUp(element) : undefined;
  return why === undefined ? undefined : `not run here: ${why}`;
}

/** Of what is not run nobody can say how it recovers; what is promised of it is neither kept nor broken. */
export function unknownWhereNotRun(subject: Unit | Store, plan: Plan): Prediction | undefined {
  const why = notRunHere(subject, plan);
  return why === undefined ? undefined : unknown(plan, subject.path, why, promiseNothing(subject));
}

/** What helps where something is not run: nothing is promised of it here, or it is run where containers are. */
export function promiseNothing({ path, objectives }: Unit | Store): Remedy {
  const promised = (["rto", "rpo"] as const).filter((of) => objectives[of] !== undefined);
  return {
    advice:
      "promise nothing of it in this environment (`objectives: { rto: none, rpo: none }`), or run it where containers run: `keelson render FILE -t compose`, or `provide: in-cluster`",
    edits: promised.map((of) => ({ path: `${path}.objectives.${of}`, value: "none" })),
  };
}
