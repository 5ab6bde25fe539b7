import { CLOUDS } from "../../plan/clouds/index.js";
import { SHORTEST_CRON_INTERVAL } from "../../plan/cron-interval.js";
import type { BackupSchedule, PersistentVolume, Plan } from "../../plan/plan.js";
import { isBucket } from "../../plan/stores/index.js";
import { isUnit } from "../../plan/velero.js";
import { formatDuration } from "../../platform-file/format.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import { type Alert, volumeLost } from "../alerts.js";
import { podStartup } from "../facts/kubernetes.js";
import {
  fileBackupRate,
  fileRestoreRate,
  snapshotRate,
  volumeCreated,
  volumeFromSnapshot,
  volumeRestoreStarted,
} from "../facts/velero.js";
import { longestIntervalWithin } from "../intervals.js";
import { promisedRecovery } from "../objectives.js";
import type { Prediction, Remedy, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, restingOn, unbounded, unknown } from "../prediction.js";
import type { StoredVolume } from "../subjects.js";
import { notRunHere, withdrawPromise } from "./not-run.js";
import { serverRestart } from "./server.js";
import { onCallResponse, transfer, unnoticed } from "./store.js";
import { replicaStart } from "./unit.js";

/** What is lost together with the volume. Its backups have to survive that. */
export type LostWith = "volume" | "namespace" | "zone";

/** The schedule by which the backups of a volume are taken; undefined if no component takes them. */
export function takenSchedule({ backups: { files, snapshot, taker } }: PersistentVolume): BackupSchedule | undefined {
  return taker.kind === "velero" ? (files ?? snapshot) : undefined;
}

/** Until the volume is restored and its unit or bucket is ready, by a person whom `alert` notifies. */
export function volumeRestore(
  subject: StoredVolume,
  plan: Plan,
  lostWith: LostWith,
  alert: Alert = volumeLost(subject, plan),
): Prediction {
  const lost = unrestorable(subject, plan, lostWith);
  if (lost) return lost;
  const { owner, volume, name } = subject;
  const response = onCallResponse(plan, alert);
  if (!response) return unnoticed(plan, `that ${name} is lost`);
  return bounded(plan, volume.path, [
    ...response,
    assumed("restore started by hand", volumeRestoreStarted.value, volumeRestoreStarted.why),
    ...(volume.backups.files
      ? [
          assumed("new volume created", volumeCreated.value, volumeCreated.why),
          fromBuckets(volume, transfer("restore of the files", volume.size, fileRestoreRate)),
        ]
      : [assumed("volume created from the snapshot", volumeFromSnapshot.value, volumeFromSnapshot.why)]),
    ...(isUnit(owner) ? replicaStart(owner, plan) : [cited("pod scheduled", podStartup), ...serverRestart(owner)]),
  ]);
}

/** Everything that was written since the newest complete backup. `intervals`: 2 if the newest cannot be read. */
export function lostSinceVolumeBackup(
  subject: StoredVolume,
  plan: Plan,
  lostWith: LostWith,
  intervals: 1 | 2 = 1,
): Prediction {
  const lost = unrestorable(subject, plan, lostWith);
  const { volume } = subject;
  const schedule = takenSchedule(volume);
  if (lost || !schedule) return lost ?? withoutBackup(subject, plan);
  return bounded(plan, schedule.path, [
    declared(
      plan,
      intervals === 1 ? "backup interval" : "age of the backup before the newest",
      schedule.every * intervals,
      schedule.path,
      formatSchedule(schedule),
    ),
    fromBuckets(volume, backupDuration(volume)),
  ]);
}

/** Why nothing brings the content of a volume back; undefined if its backups do. */
export function unrestorable(subject: StoredVolume, plan: Plan, lostWith: LostWith): Prediction | undefined {
  const { volume, owner } = subject;
  const notRun = notRunHere(owner, plan);
  if (notRun !== undefined) return unknown(plan, owner.path, notRun, withdrawPromise(subject));
  const schedule = takenSchedule(volume);
  if (!schedule) return withoutBackup(subject, plan);
  const expired = expiredBeforeNext(subject, schedule, plan);
  if (expired) return expired;
  return volume.backups.files ? lostFiles(subject, plan, lostWith) : lostSnapshots(subject, plan, lostWith);
}

/** Velero deletes a backup at the end of its retention, whether or not there is a newer one. */
function expiredBeforeNext(
  { name, volume }: StoredVolume,
  schedule: BackupSchedule,
  plan: Plan,
): Prediction | undefined {
  const { path, every, keep, at } = schedule;
  if (keep >= every + backupDuration(volume).value) return undefined;
  return unbounded(
    plan,
    path,
    `backups of ${name} are retained for ${formatDuration(keep)} and taken every ${formatDuration(every)}: one expires before the next is complete`,
    {
      advice: `keep two backups: \`${formatSchedule({ every, at, keep: 2 * every })}\``,
      edits: [{ path, value: formatSchedule({ every, at, keep: 2 * every }) }],
    },
  );
}

/** A backup counts only when it is complete. */
function backupDuration({ size, backups: { files } }: StoredVolume["volume"]): Term {
  return transfer("duration of a backup", size, files ? fileBackupRate : snapshotRate);
}

function withoutBackup(subject: StoredVolume, plan: Plan): Prediction {
  const { name, volume } = subject;
  const { files, snapshot, taker, path } = volume.backups;
  const isDeclared = (files ?? snapshot) !== undefined;
  const why =
    isDeclared && taker.kind === "none"
      ? `the declared backups of ${name} are never taken: ${taker.why}`
      : `${name} has no replica, and no backup of it is taken`;
  return unbounded(plan, isDeclared ? path : volume.path, why, remedyFor(subject, plan));
}

/** A provider's bucket needs no backup against the loss of its storage, and is available at once. */
function remedyFor(subject: StoredVolume, plan: Plan): Remedy {
  const backedUp = backUp(subject, plan);
  if (isUnit(subject.owner)) return backedUp;
  const managed = "use a bucket of a cloud provider (`provide: managed`), which stores objects several times";
  if (plan.cloud === "none") return { ...backedUp, advice: `${backedUp.advice}, or ${managed}` };
  return {
    advice: `${managed}, or ${backedUp.advice}`,
    edits: [{ path: `${subject.path}.provide`, value: "managed" }],
  };
}

/**
 * Declares copies of the files in a bucket of the platform, at best one that a cloud provides: at an interval of which two are within the
 * RPO, for a copy that cannot be read, or one; daily if none is short enough.
 */
export function backUp({ volume, fault, filesKey, objectives }: StoredVolume, plan: Plan): Remedy {
  const { backups, path, size } = volume;
  const buckets = plan.stores
    .filter(isBucket)
    .filter((each) => each.provider.kind !== "embedded" && each.path !== path);
  const bucket = buckets.find(({ provider }) => provider.kind === "managed") ?? buckets[0];
  const duration = (size / fileBackupRate.value) * 1000;
  const allowed = (promisedRecovery(objectives, fault, "rpo") ?? Number.POSITIVE_INFINITY) - duration;
  const within = (limit: number) => longestIntervalWithin(limit, DAY_MS, SHORTEST_CRON_INTERVAL.value);
  const every = within(allowed / 2) ?? within(allowed) ?? DAY_MS;
  const files = formatSchedule({ every, keep: 7 * DAY_MS });
  const advice = `back the volume up: \`backups: { ${filesKey}: ${files}, to: ${bucket?.name ?? "BUCKET"} }\``;
  if (!bucket) return { advice };
  return {
    advice,
    worstCase: (backups.files?.every ?? every) + duration,
    edits: [
      ...(backups.snapshot ? [{ path: `${path}.backups.snapshot`, value: undefined }] : []),
      ...(backups.files ? [] : [{ path: `${path}.backups.${filesKey}`, value: files }]),
      { path: `${path}.backups.to`, value: bucket.name },
    ],
  };
}

const DAY_MS = 86_400_000;

/** A bucket that a cloud provides survives everything but its own loss; one in the cluster is lost with it. */
function lostFiles({ name, volume }: StoredVolume, plan: Plan, lostWith: LostWith): Prediction | undefined {
  const { taker, path } = volume.backups;
  if (lostWith === "volume" || taker.kind === "none") return undefined;
  const buckets = plan.stores.filter((store) => taker.sendsTo.includes(store.name));
  if (buckets.some(({ provider }) => provider.kind === "managed")) return undefined;
  const [first] = buckets;
  const where =
    lostWith === "namespace" ? "in the namespace that is deleted" : "in the cluster, and may be lost with the zone";
  return unbounded(plan, path, `the backups of ${name} are in ${taker.sendsTo.join(" and ")}, ${where}`, {
    advice: "send them to a bucket of a cloud provider as well (`provide: managed` there)",
    ...(first && plan.cloud !== "none" ? { edits: [{ path: `${first.path}.provide`, value: "managed" }] } : {}),
  });
}

function lostSnapshots(
  { name, volume, filesKey }: StoredVolume,
  plan: Plan,
  _lostWith: LostWith,
): Prediction | undefined {
  if (CLOUDS[plan.cloud].volumes?.snapshots !== undefined) return undefined;
  return unknown(
    plan,
    volume.backups.path,
    `it is not known whether the snapshots of ${name} are stored apart from the volume`,
    { advice: `copy the files to a bucket instead: \`backups: { ${filesKey}: daily keep 7d, to: BUCKET }\`` },
  );
}

/** A term that reads or writes the buckets with the backups. */
function fromBuckets({ backups: { taker } }: PersistentVolume, term: Term): Term {
  return restingOn(taker.kind === "velero" ? taker.sendsTo : [], term);
}
