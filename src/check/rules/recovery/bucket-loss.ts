import { brokenPromise } from "../../broken-promise.js";
import { defineRule } from "../../rule.js";

/** The loss of a bucket breaks a promise. See docs/checks.md, Recovery. */
export const bucketLossRule = defineRule({
  code: "recovery/bucket-loss",
  severity: "error",
  summary: "the loss of a bucket violates the RTO or RPO, because no backup of it is taken",
  help: "A bucket in the cluster is one server on one volume. Nothing takes backups of a bucket, also where the file declares them. A cloud provider stores each object several times.",
  check(context, report) {
    for (const of of ["rpo", "rto"] as const) {
      for (const promise of context.brokenPromises("bucket-loss", of)) {
        if (of === "rto" && context.brokenPromises("bucket-loss", "rpo", promise.row.path).length > 0) continue;
        report(
          promise.row.path,
          brokenPromise(context, promise, "after the loss of its storage", "use a bucket of a cloud provider"),
        );
      }
    }
  },
});
