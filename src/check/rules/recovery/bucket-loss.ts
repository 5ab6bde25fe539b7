import { reportLostData } from "../../broken-promise.js";
import { defineRule } from "../../rule.js";

/** The loss of a bucket breaks a promise. See docs/checks.md, Recovery. */
export const bucketLossRule = defineRule({
  code: "recovery/bucket-loss",
  severity: "error",
  summary: "the loss of a bucket violates the RTO or RPO, because no backup of it is taken",
  help: "A bucket in the cluster is one server on one volume. Nothing takes backups of a bucket, also where the file declares them. A cloud provider stores each object several times.",
  check(context, report) {
    reportLostData(context, "bucket-loss", ({ row }, found) => report(row.path, found), {
      event: "after the loss of its storage",
      otherwise: "use a bucket of a cloud provider",
    });
  },
});
