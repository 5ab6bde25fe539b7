import type { Plan } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { isOwnObjective } from "../objectives.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded, cited, unbounded } from "../prediction.js";
import { volumeAfterNodeLoss } from "./moved-volume.js";
import { clientReconnect } from "./store.js";

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
  if (volume?.kind === "unbounded") return lostBucket(bucket, plan);
  return volume ?? lostByBucketRestart(bucket, plan);
}

/** What is lost with all objects of a bucket: nothing takes backups of buckets. */
export function lostBucket(bucket: BucketStore, plan: Plan): Prediction {
  const { name, provider, backups } = bucket;
  const isDeclared = backups.full ?? backups.snapshot ?? backups.log;
  const why = isDeclared
    ? `a backup of ${name} is declared, but nothing takes backups of a bucket`
    : `${name} is ${provider.product} on one volume, and no backup of it is taken`;
  return unbounded(plan, isDeclared ? isDeclared.path : bucket.path, why, {
    advice: "use a bucket of a cloud provider (`provide: managed`), which stores objects in several zones",
    ...(plan.cloud === "none" ? {} : { edits: [{ path: `${bucket.path}.provide`, value: "managed" }] }),
  });
}
