import { faultRule } from "../../fault-rule.js";

/** The loss of a bucket breaks a promise. See docs/checks.md, Recovery. */
export const bucketLossRule = faultRule({
  code: "recovery/bucket-loss",
  fault: "bucket-loss",
  summary: "the loss of a bucket violates the RTO or RPO, because no backup of it is taken",
  help: "A bucket in the cluster is one server on one volume. Nothing takes backups of a bucket, also where the file declares them. A cloud provider stores each object several times.",
  event: "after the loss of its storage",
  otherwise: "use a bucket of a cloud provider",
});
