import type { Plan } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { isUnit, schedulesOfVolume, type VeleroSchedule } from "../../plan/velero.js";
import { type StoredVolume, type VolumeSubject, volumeOf } from "../subjects.js";
import type { Runbook } from "./runbook.js";

/** The objects of a bucket are lost: its newest backup is restored by Velero, or nothing can be. */
export function restoreBucket(bucket: BucketStore, plan: Plan): Runbook {
  const schedules = schedulesOfVolume(plan, bucket, bucket);
  return schedules.length > 0 ? fromBackup(volumeOf(bucket), plan, schedules) : recreateBucket(bucket, plan);
}

/** The volume of a unit is lost: its newest backup is restored by Velero, or nothing can be. */
export function restoreVolume(subject: VolumeSubject, plan: Plan): Runbook {
  const schedules = schedulesOfVolume(plan, subject.owner, subject.volume);
  return schedules.length > 0 ? fromBackup(subject, plan, schedules) : recreateVolume(subject, plan);
}

/**
 * Velero restores the files of a pod into the pod itself, and skips what exists (velero.io: Restore Reference): the pod and its claim
 * must be deleted first, and the StatefulSet must not create them again.
 */
function fromBackup({ name, owner, volume }: StoredVolume, plan: Plan, schedules: readonly VeleroSchedule[]): Runbook {
  const kubectl = `kubectl -n ${plan.namespace}`;
  const selector = schedules.map((each) => each.name).join(",");
  return {
    id: "restore-volume",
    subject: name,
    title: `Restore ${name} from its backup`,
    when: `the claim of ${volume.name} is lost, or its file system cannot be read`,
    steps: [
      {
        action: "Find the newest complete backup; of several destinations, one that can be read.",
        command: `velero backup get --selector "velero.io/schedule-name in (${selector})"`,
      },
      {
        action: `Stop ${owner.name}, and whatever would start it again: its autoscaler and GitOps.`,
        command: `${kubectl} scale statefulset/${owner.name} --replicas=0`,
      },
      {
        action: "Delete the lost claim of the replica (list the claims first); a claim that can still be read is kept.",
        command: `${kubectl} delete pvc ${volume.name}-${owner.name}-0`,
      },
      {
        action: "Restore the pod with its claim: Velero writes the files before the container starts.",
        command: `velero restore create --from-backup BACKUP --include-namespaces ${plan.namespace} --include-resources pods,persistentvolumeclaims,persistentvolumes --selector app.kubernetes.io/name=${owner.name} --wait`,
      },
      {
        action:
          "Check that the restore is complete: a pod whose files could not be restored starts with an empty volume.",
        command: "velero restore describe RESTORE --details",
      },
      {
        action: `Start ${owner.name} again: the StatefulSet takes the restored pod over.`,
        command: `${kubectl} scale statefulset/${owner.name} --replicas=${isUnit(owner) ? owner.replicas.min : 1}`,
      },
    ],
    done: `${owner.name} is ready, and its content is that of the backup`,
  };
}

function recreateVolume({ name, owner: unit }: VolumeSubject, plan: Plan): Runbook {
  return {
    id: "recreate-volume",
    subject: name,
    title: `Recreate ${name}`,
    when: `the claim of ${name} is lost, or its file system cannot be read`,
    steps: [
      { action: "Delete nothing: what can be read of the volume is the only copy." },
      {
        action: "Find the claim and the volume behind it.",
        command: `kubectl -n ${plan.namespace} get pvc -l app.kubernetes.io/name=${unit.name}`,
      },
      {
        action: "Take a snapshot of the volume with the storage provider, if it still exists.",
      },
      {
        action: "Delete the claim and the pod: the StatefulSet creates an empty volume.",
        command: `kubectl -n ${plan.namespace} delete pvc CLAIM pod/${unit.name}-0`,
      },
      { action: `Recreate the data that can be recreated, and notify the users of ${unit.name} of what is lost.` },
    ],
    done: `${unit.name} is ready, and the extent of the loss is known`,
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
