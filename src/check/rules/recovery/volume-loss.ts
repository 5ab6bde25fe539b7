import { brokenPromise } from "../../broken-promise.js";
import { defineRule } from "../../rule.js";

/** The loss of a unit's volume breaks a promise. See docs/checks.md, Recovery. */
export const volumeLossRule = defineRule({
  code: "recovery/volume-loss",
  severity: "error",
  summary: "the loss of a component's volume violates the RTO or RPO, because no backup of it is taken",
  help: "A persistent volume survives its pod and, where the cluster's volumes are network volumes, its node. It does not survive its own loss: a deleted claim, a failed disk, a damaged file system. Nothing backs up the volumes of components, so their data cannot be restored.",
  check(context, report) {
    for (const of of ["rpo", "rto"] as const) {
      for (const promise of context.brokenPromises("volume-loss", of)) {
        if (of === "rto" && context.brokenPromises("volume-loss", "rpo", promise.row.path).length > 0) continue;
        report(
          `${promise.row.path}.volumes`,
          brokenPromise(context, promise, "after the loss of its volume", "keep the data in a store that is backed up"),
        );
      }
    }
  },
});
