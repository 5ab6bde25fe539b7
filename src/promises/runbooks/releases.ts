import type { Plan, Unit } from "../../plan/plan.js";
import { hasPersistentVolume } from "../subjects.js";
import type { Runbook } from "./runbook.js";

/** A release fails requests. */
export function rollBack(unit: Unit, plan: Plan): Runbook {
  const { name } = unit;
  const workload = `${hasPersistentVolume(unit) ? "statefulset" : "deployment"}/${name}`;
  return {
    id: "roll-back",
    subject: name,
    title: `Roll ${name} back`,
    when: `requests of ${name} fail since its last release`,
    steps: [
      {
        action: "Find out when the running version was released.",
        command: `kubectl -n ${plan.namespace} rollout history ${workload}`,
      },
      {
        action: "Return to the version before.",
        command: `kubectl -n ${plan.namespace} rollout undo ${workload}`,
      },
      {
        action: "Wait until every replica runs it.",
        command: `kubectl -n ${plan.namespace} rollout status ${workload}`,
      },
      { action: "Revert the version in the platform file too, or the next deployment releases it again." },
      { action: 'If the release has written wrong data, continue with the runbook "Restore what was deleted".' },
    ],
    done: `requests of ${name} succeed, and the platform file names the version that runs`,
  };
}
