import type { Plan } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { type Alert, storeDown, volumeBackupsTooOld } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { restoreBucket } from "../runbooks/volumes.js";
import { volumeOf } from "../subjects.js";
import { bucketRestore, isAssessed, isBackedUp, lostBucket } from "../terms/bucket.js";
import { unknownIfNotRun } from "../terms/not-run.js";

/** The storage under a bucket is lost. A provider's bucket is stored redundantly; the deletion of objects is another fault. */
export const bucketLoss = defineFault({
  id: "bucket-loss",
  title: "The storage of a bucket is lost",
  includes: [],
  on: {
    bucket: {
      affects: isAssessed,
      rto: recovery,
      rpo: loss,
      alert: lossAlert,
      runbook: restoreBucket,
    },
    database: undefined,
    cache: undefined,
    broker: undefined,
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  },
  drill: { kind: "by hand", why: "a bucket on one machine is a folder, which no server replaces" },
});

function recovery(bucket: BucketStore, plan: Plan): Prediction {
  return unaffected(bucket, plan) ?? bucketRestore(bucket, plan, "volume");
}

function loss(bucket: BucketStore, plan: Plan): Prediction {
  return unaffected(bucket, plan) ?? lostBucket(bucket, plan, "volume");
}

/** A bucket that a provider stores several times, or that does not run here. */
function unaffected(bucket: BucketStore, plan: Plan): Prediction | undefined {
  const { failover, product, kind } = bucket.provider;
  if (kind !== "managed" || !failover) return unknownIfNotRun(bucket, plan);
  return bounded(plan, bucket.path, [cited("nothing: objects are stored several times", failover.takeover, product)]);
}

/** The age of the newest backup is watched where backups are taken; otherwise the loss itself is noticed. */
function lossAlert(bucket: BucketStore, plan: Plan): Alert {
  return isBackedUp(bucket) ? volumeBackupsTooOld(volumeOf(bucket), plan) : storeDown(bucket, plan);
}
