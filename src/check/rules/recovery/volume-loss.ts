import { reportLostData } from "../../broken-promise.js";
import { defineRule } from "../../rule.js";

/** The loss of a unit's volume breaks a promise. See docs/checks.md, Recovery. */
export const volumeLossRule = defineRule({
  code: "recovery/volume-loss",
  severity: "error",
  summary: "the loss of a component's volume violates the RTO or RPO, because no backup of it is taken",
  help: "A persistent volume survives its pod and, where the cluster's volumes are network volumes, its node. It does not survive its own loss: a deleted claim, a failed disk, a damaged file system. Nothing backs up the volumes of components, so their data cannot be restored.",
  check(context, report) {
    reportLostData(context, "volume-loss", ({ row }, found) => report(`${row.path}.volumes`, found), {
      event: "after the loss of its volume",
      otherwise: "keep the data in a store that is backed up",
    });
  },
});
