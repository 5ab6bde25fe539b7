import { faultRule } from "../../fault-rule.js";

/** The loss of a unit's volume breaks a promise. See docs/checks.md, Recovery. */
export const volumeLossRule = faultRule({
  code: "recovery/volume-loss",
  fault: "volume-loss",
  summary: "the loss of a component's volume violates the RTO or RPO, because no backup of it is taken",
  help: "A persistent volume survives its pod and, where the cluster's volumes are network volumes, its node. It does not survive its own loss: a deleted claim, a failed disk, a damaged file system. Nothing backs up the volumes of components, so their data cannot be restored.",
  key: "volumes",
  event: "after the loss of its volume",
  otherwise: "keep the data in a store that is backed up",
});
