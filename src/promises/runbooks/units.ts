import type { Plan, Unit } from "../../plan/plan.js";
import { hasPersistentVolume } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook } from "./runbook.js";

/** A unit's process keeps crashing. */
export function restartUnit(unit: Unit, plan: Plan): Runbook {
  return {
    id: "restart-unit",
    subject: unit.name,
    title: `${unit.name} crashes`,
    when: `replicas of ${unit.name} are not ready, or it restarts repeatedly`,
    steps: onOneMachine(plan)
      ? [
          { action: "Find the process that is down, and its number of restarts.", command: "keelson status" },
          { action: "Read why it stopped.", command: "keelson logs -f" },
          {
            action: "If it does not recover, restart the platform.",
            command: "keelson down && keelson up",
          },
        ]
      : [
          {
            action: "Find the affected pods.",
            command: `kubectl -n ${plan.namespace} get pods -l app.kubernetes.io/name=${unit.name}`,
          },
          {
            action: "Read the log of the terminated container.",
            command: `kubectl -n ${plan.namespace} logs -l app.kubernetes.io/name=${unit.name} --previous --tail=100`,
          },
          {
            action: "If a release was deployed within the last hour, roll it back.",
            command: `kubectl -n ${plan.namespace} rollout undo ${hasPersistentVolume(unit) ? "statefulset" : "deployment"}/${unit.name}`,
          },
          { action: "If it was OOM-killed, raise `memory` of the unit in the platform file and deploy." },
        ],
    done: `${readyReplicas(unit)} and the alert has resolved`,
  };
}

/** A unit receives more requests than its replicas serve. */
export function addCapacity({ name, replicas }: Unit, plan: Plan): Runbook {
  return {
    id: "add-capacity",
    subject: name,
    title: `${name} is overloaded`,
    when: `${name} refuses requests or answers slowly, and its replicas are ready`,
    steps: [
      {
        action: "See how many replicas the autoscaler wants, and why it adds none.",
        command: `kubectl -n ${plan.namespace} describe hpa ${name}`,
      },
      {
        action: "Find pods that are pending because no node has room.",
        command: `kubectl -n ${plan.namespace} get pods -l app.kubernetes.io/name=${name} -o wide`,
      },
      { action: `If it has reached its maximum of ${replicas.max}, raise that in the platform file and deploy.` },
      { action: "If one client causes the load, limit its key." },
    ],
    done: `${name} refuses no requests`,
  };
}

/** A node or zone with replicas of the unit has failed. */
export function moveUnit(unit: Unit, plan: Plan, lost: "node" | "zone"): Runbook {
  return {
    id: `move-unit-from-${lost}`,
    subject: unit.name,
    title: `${unit.name} after the loss of a ${lost}`,
    when: `a ${lost} is unavailable and replicas of ${unit.name} are not ready`,
    steps: [
      { action: "Find the nodes that are not ready.", command: "kubectl get nodes -L topology.kubernetes.io/zone" },
      {
        action: "Find the nodes of the replicas, and the pods that are pending.",
        command: `kubectl -n ${plan.namespace} get pods -o wide -l app.kubernetes.io/name=${unit.name}`,
      },
      {
        action: "If a node is known to be shut down, release its volumes and pods without waiting for the timeouts.",
        command: "kubectl taint node NODE node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
      },
      { action: "If pods stay pending, raise the node pool's maximum in the platform file and apply it." },
    ],
    done: `${readyReplicas(unit)} on available nodes`,
  };
}

function readyReplicas({ replicas }: Unit): string {
  return `${replicas.min} replica${replicas.min === 1 ? " is" : "s are"} ready`;
}
