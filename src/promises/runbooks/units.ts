import type { Plan, Unit } from "../../plan/plan.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook } from "./runbook.js";

/** A unit's process keeps dying. */
export function restartUnit(unit: Unit, plan: Plan): Runbook {
  const laptop = onOneMachine(plan);
  const keeps = [unit, ...unit.sidecars].some(({ volumes }) => volumes.some(({ kind }) => kind === "persistent"));
  return {
    id: "restart-unit",
    subject: unit.name,
    title: `${unit.name} crashes`,
    when: `replicas of ${unit.name} are missing, or it was restarted again and again`,
    steps: laptop
      ? [
          { action: "See which process is down and how often it was restarted.", command: "keelson status" },
          { action: "Read why it stopped.", command: "keelson logs -f" },
          {
            action: "If it does not come back by itself, start the platform anew.",
            command: "keelson down && keelson up",
          },
        ]
      : [
          {
            action: "See which pods are affected.",
            command: `kubectl -n ${plan.namespace} get pods -l app.kubernetes.io/name=${unit.name}`,
          },
          {
            action: "Read the last words of the one that died.",
            command: `kubectl -n ${plan.namespace} logs -l app.kubernetes.io/name=${unit.name} --previous --tail=100`,
          },
          {
            action: "If a release was made within the hour, go back to the one before.",
            command: `kubectl -n ${plan.namespace} rollout undo ${keeps ? "statefulset" : "deployment"}/${unit.name}`,
          },
          { action: "If it was killed for memory, raise `memory` of the unit in the platform file and deploy." },
        ],
    done: `${unit.replicas.min} replica${unit.replicas.min === 1 ? " is" : "s are"} ready and the alert has resolved`,
  };
}

/** A node or zone went away under a unit. */
export function moveUnit(unit: Unit, plan: Plan, lost: "node" | "zone"): Runbook {
  return {
    id: `move-unit-from-${lost}`,
    subject: unit.name,
    title: `${unit.name} after a lost ${lost}`,
    when: `a ${lost} stopped answering and replicas of ${unit.name} are missing`,
    steps: [
      { action: `See which nodes are gone.`, command: "kubectl get nodes -L topology.kubernetes.io/zone" },
      {
        action: "See where the replicas are, and which are pending for want of room.",
        command: `kubectl -n ${plan.namespace} get pods -o wide -l app.kubernetes.io/name=${unit.name}`,
      },
      {
        action:
          "If the machine is known to be off, let its volumes and pods go at once instead of after the time-outs.",
        command: "kubectl taint node NODE node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
      },
      { action: "If pods stay pending, raise the node pool's upper bound in the platform file and apply it." },
    ],
    done: `${unit.replicas.min} replica${unit.replicas.min === 1 ? " is" : "s are"} ready on nodes that answer`,
  };
}
