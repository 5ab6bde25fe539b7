import type { Plan } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { storeDown } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { recreateBucket } from "../runbooks/volumes.js";
import { isAssessed, lostBucket } from "../terms/bucket.js";
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
      rpo: recovery,
      alert: storeDown,
      runbook: recreateBucket,
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
  const notRun = unknownIfNotRun(bucket, plan);
  if (notRun) return notRun;
  const { failover, product, kind } = bucket.provider;
  return kind === "managed" && failover
    ? bounded(plan, bucket.path, [cited("nothing: objects are stored several times", failover.takeover, product)])
    : lostBucket(bucket, plan);
}
