import { formatSchedule } from "../../../platform-file/schedule.js";
import { longestIntervalWithin } from "../../../promises/intervals.js";
import { sum } from "../../../promises/prediction.js";
import { takenSchedule } from "../../../promises/terms/volume.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { faultRule } from "../../fault-rule.js";

/** The loss of a volume breaks a promise. See docs/checks.md, Recovery. */
export const volumeLossRule = faultRule({
  code: "recovery/volume-loss",
  fault: "volume-loss",
  summary: "the loss of a component's volume violates the RTO or RPO, because its backups are missing or too old",
  help: "A persistent volume survives its pod and, where the cluster's volumes are network volumes, its node. It does not survive its own loss: a deleted claim, a failed disk, a damaged file system. Only what its last complete backup contains can be restored: in the worst case it is as old as the interval of the backups and the duration of one.",
  event: "after the loss of the volume",
  otherwise: "back it up more often, or keep the data in a store whose log is archived",
  edits: (promise, context) => moreOften(promise, context),
});

/** The longest common interval of the backups that keeps the RPO; none if no interval is short enough. */
function moreOften({ row, of, promised, predicted }: BrokenPromise, { volumes }: CheckContext) {
  const volume = volumes.get(row.path)?.volume;
  const schedule = volume && takenSchedule(volume);
  if (of !== "rpo" || predicted.kind !== "bounded" || !schedule) return [];
  const others = sum(predicted.terms.slice(1));
  const every = longestIntervalWithin(promised - others, schedule.every - 1);
  if (every === undefined) return [];
  return [{ path: schedule.path, value: formatSchedule({ every, keep: schedule.keep }) }];
}
