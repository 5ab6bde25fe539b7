import { faultRule } from "../../fault-rule.js";
import { moreOftenOfVolume } from "../../more-often.js";

/** The loss of a bucket breaks a promise. See docs/checks.md, Recovery. */
export const bucketLossRule = faultRule({
  code: "recovery/bucket-loss",
  fault: "bucket-loss",
  summary: "the loss of a bucket violates the RTO or RPO, because its backups are missing or too old",
  help: "A bucket in the cluster is one server on one volume. Only what its last complete backup contains can be restored, and only declared backups are taken. A cloud provider stores each object several times.",
  event: "after the loss of its storage",
  otherwise: "back it up more often, or use a bucket of a cloud provider",
  edits: moreOftenOfVolume,
});
