import type { Plan, Store, Unit } from "../../plan/plan.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook } from "./runbook.js";

/** A node evicts pods. */
export function relieveNode({ name }: Unit, plan: Plan): Runbook {
  return {
    id: "relieve-node",
    subject: name,
    title: `${name} is evicted from a node`,
    when: "a node has the condition MemoryPressure or DiskPressure, and pods have the status Evicted",
    steps: [
      {
        action: "Find the node, and what it is short of.",
        command:
          "kubectl get nodes -o custom-columns='NODE:.metadata.name,PRESSURE:.status.conditions[?(@.status==\"True\")].type'",
      },
      {
        action: "Find what uses more than it requests: that is evicted first, and causes the pressure.",
        command: `kubectl -n ${plan.namespace} top pods --containers --sort-by=memory`,
      },
      { action: "Raise its `memory` or `disk` in the platform file to what it uses, and deploy." },
      { action: "If pods stay pending, raise the maximum of the node pool." },
    ],
    done: "no node is under pressure, and no pod is pending or evicted",
  };
}

/** A volume or a disk is full. */
export function growVolume({ name, provider }: Store, plan: Plan): Runbook {
  return {
    id: "grow-volume",
    subject: name,
    title: `The disk of ${name} is full`,
    when: `less than 15 % of the volume of ${name} is left, or it refuses writes`,
    steps: onOneMachine(plan)
      ? [
          { action: "See how much is left, and what uses it.", command: "keelson status" },
          {
            action:
              "Free space outside the data directory. Delete nothing in it: WAL is not a log that can be removed.",
          },
          { action: "PostgreSQL starts again by itself once there is space.", command: "keelson logs -f" },
        ]
      : [
          { action: "Delete nothing on the volume: WAL is not a log that can be removed." },
          {
            action:
              "Find out what fills it: WAL that is not archived, a replication slot without a consumer, or the data itself.",
          },
          provider.kind === "managed"
            ? { action: `Raise the storage with ${provider.product}, and the \`size\` in the platform file.` }
            : { action: `Raise the \`size\` of ${name} in the platform file.`, command: "keelson deploy FILE -e ENV" },
          { action: "If its storage class has no `allowVolumeExpansion`, set it there and deploy again." },
        ],
    done: `${name} accepts writes, and at least a third of its volume is free`,
  };
}
