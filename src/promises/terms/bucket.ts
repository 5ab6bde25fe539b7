import type { Plan } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { isUnit } from "../../plan/velero.js";
import type { Alert } from "../alerts.js";
import { isOwnObjective } from "../objectives.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded, cited, unbounded } from "../prediction.js";
import { type StoredVolume, storedVolumes, volumeOf } from "../subjects.js";
import { volumeAfterNodeLoss, volumeAfterZoneLoss } from "./moved-volume.js";
import { clientReconnect } from "./store.js";
import { type LostWith, lostSinceVolumeBackup, takenSchedule, volumeRestore } from "./volume.js";

/** Whether a component stores objects of its own in the bucket. One that only receives backups has no data of its own. */
export function holdsData({ name }: BucketStore, plan: Plan): boolean {
  return plan.edges.some(({ from, to }) => to === name && plan.units.some((unit) => unit.name === from));
}

/** Whether a bucket has rows: for the data of components, and for an RTO or RPO of its own, which may be about backups alone. */
export function isAssessed(bucket: BucketStore, plan: Plan): boolean {
  return holdsData(bucket, plan) || (["rto", "rpo"] as const).some((of) => isOwnObjective(plan, bucket.objectives, of));
}

/** A bucket that is one server on one volume in the cluster. */
export function runsInCluster({ provider }: BucketStore): boolean {
  return provider.kind === "in-cluster";
}

/** Its server, which crashed or hangs, runs again. */
export function bucketRestart({ provider }: BucketStore): readonly Term[] {
  return [cited("restart of the server", provider.restart, provider.product), clientReconnect()];
}

const flushed = { value: 0, source: "the S3 gateway acknowledges an object when its file is on the volume" };

/** What a bucket in the cluster loses when its server restarts on the same volume. */
export function lostByBucketRestart(bucket: BucketStore, plan: Plan): Prediction {
  return bounded(plan, bucket.path, [cited("nothing: objects are on the volume", flushed)]);
}

/** What a bucket in the cluster loses with its node. */
export function lostByBucketNodeLoss(bucket: BucketStore, plan: Plan): Prediction {
  const volume = volumeAfterNodeLoss(plan, bucket);
  if (volume?.kind === "unbounded") return lostBucket(bucket, plan, "volume");
  return volume ?? lostByBucketRestart(bucket, plan);
}

/** What a bucket in the cluster loses with its zone. */
export function lostByBucketZoneLoss(bucket: BucketStore, plan: Plan): Prediction {
  const volume = volumeAfterZoneLoss(plan, bucket);
  if (volume?.kind === "unbounded") return lostBucket(bucket, plan, "zone");
  return volume ?? lostByBucketRestart(bucket, plan);
}

/** Until the objects of a lost bucket are restored; `alert` notifies the person who does it. */
export function bucketRestore(bucket: BucketStore, plan: Plan, lostWith: LostWith, alert?: Alert): Prediction {
  return runsInCluster(bucket) ? volumeRestore(volumeOf(bucket), plan, lostWith, alert) : lostFolder(bucket, plan);
}

/** What is lost with all objects of a bucket: those since its newest backup. `intervals`: 2 if that cannot be read. */
export function lostBucket(bucket: BucketStore, plan: Plan, lostWith: LostWith, intervals: 1 | 2 = 1): Prediction {
  return runsInCluster(bucket)
    ? lostSinceVolumeBackup(volumeOf(bucket), plan, lostWith, intervals)
    : lostFolder(bucket, plan);
}

/** Whether the backups of a bucket are taken. */
export function isBackedUp(bucket: BucketStore): boolean {
  return runsInCluster(bucket) && takenSchedule(volumeOf(bucket).volume) !== undefined;
}

/** The volumes of components, and of the buckets in the cluster in which components keep data. */
export function volumesWithData(plan: Plan): readonly StoredVolume[] {
  return storedVolumes(plan).filter(({ owner }) => isUnit(owner) || holdsData(owner, plan));
}

/** Nothing takes backups of the folder of one machine. */
function lostFolder(bucket: BucketStore, plan: Plan): Prediction {
  const { name, provider } = bucket;
  return unbounded(plan, bucket.path, `${name} is a ${provider.product}, and no backup of it is taken`, {
    advice: "use a bucket of a cloud provider (`provide: managed`), which stores objects several times",
    ...(plan.cloud === "none" ? {} : { edits: [{ path: `${bucket.path}.provide`, value: "managed" }] }),
  });
}
