import { faultRule } from "../../fault-rule.js";
import { moreOftenOfVolume } from "../../more-often.js";

/** The loss of a volume breaks a promise. See docs/checks.md, Recovery. */
export const volumeLossRule = faultRule({
  code: "recovery/volume-loss",
  fault: "volume-loss",
  summary: "the loss of a component's volume violates the RTO or RPO, because its backups are missing or too old",
  help: "A persistent volume survives its pod and, where the cluster's volumes are network volumes, its node. It does not survive its own loss: a deleted claim, a failed disk, a damaged file system. Only what its last complete backup contains can be restored: in the worst case it is as old as the interval of the backups and the duration of one.",
  event: "after the loss of the volume",
  otherwise: "back it up more often, or keep the data in a store whose log is archived",
  edits: moreOftenOfVolume,
});
