import type { Plan, Unit } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { persistentVolume } from "../subjects.js";
import type { Runbook } from "./runbook.js";

/** The volume of a unit is lost, and nothing can be restored. */
export function recreateVolume(unit: Unit, plan: Plan): Runbook {
  const { name } = unit;
  const volume = persistentVolume(unit)?.name ?? "data";
  return {
    id: "recreate-volume",
    subject: name,
    title: `Recreate the volume ${volume} of ${name}`,
    when: `the claim of ${volume} is lost, or its file system cannot be read`,
    steps: [
      { action: "Delete nothing: what can be read of the volume is the only copy." },
      {
        action: "Find the claim and the volume behind it.",
        command: `kubectl -n ${plan.namespace} get pvc -l app.kubernetes.io/name=${name}`,
      },
      {
        action: "Take a snapshot of the volume with the storage provider, if it still exists.",
      },
      {
        action: "Delete the claim and the pod: the StatefulSet creates an empty volume.",
        command: `kubectl -n ${plan.namespace} delete pvc CLAIM pod/${name}-0`,
      },
      { action: `Recreate the data that can be recreated, and notify the users of ${name} of what is lost.` },
    ],
    done: `${name} is ready, and the extent of the loss is known`,
  };
}

/** The objects of a bucket are lost. */
export function recreateBucket({ name, provider }: BucketStore, _plan: Plan): Runbook {
  return {
    id: "recreate-bucket",
    subject: name,
    title: `Recreate ${name}`,
    when: `objects of ${name} are missing or cannot be read`,
    steps: [
      { action: "Stop its writers, so that nothing overwrites what can still be read." },
      { action: `Check with ${provider.product} whether the volume or an older version of the objects still exists.` },
      { action: `Create an empty bucket named ${name}, and set its address in the secret of ${name}.` },
      { action: "Copy the objects that exist elsewhere, and notify the users of what is lost." },
    ],
    done: `${name} accepts objects, and the extent of the loss is known`,
  };
}
