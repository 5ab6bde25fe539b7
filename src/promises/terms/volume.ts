import { CLOUDS } from "../../plan/clouds/index.js";
import type { BackupSchedule, PersistentVolume, Plan } from "../../plan/plan.js";
import { isBucket } from "../../plan/stores/index.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import { type Alert, replicasMissing } from "../alerts.js";
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
import { assumed, bounded, declared, restingOn, unbounded, unknown } from "../prediction.js";
import type { VolumeSubject } from "../subjects.js";
import { notRunHere, withdrawPromise } from "./not-run.js";
import { onCallResponse, transfer, unnoticed } from "./store.js";
import { replicaStart } from "./unit.js";

/** What is lost together with the volume. Its backups have to survive that. */
export type LostWith = "volume" | "namespace" | "zone";

/** The schedule by which the backups of a volume are taken; undefined if no component takes them. */
export function takenSchedule({ backups: { files, snapshot, taker } }: PersistentVolume): BackupSchedule | undefined {
  return taker.kind === "velero" ? (files ?? snapshot) : undefined;
}

/** Until the volume is restored and its unit is ready, by a person whom `alert` notifies. */
export function volumeRestore(
  subject: VolumeSubject,
  plan: Plan,
  lostWith: LostWith,
  alert: Alert = replicasMissing(subject.unit, plan),
): Prediction {
  const lost = unrestorable(subject, plan, lostWith);
  if (lost) return lost;
  const { unit, volume, name } = subject;
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
    ...replicaStart(unit, plan),
  ]);
}

/** Everything that was written since the newest complete backup. `intervals`: 2 if the newest cannot be read. */
export function lostSinceVolumeBackup(
  subject: VolumeSubject,
  plan: Plan,
  lostWith: LostWith,
  intervals: 1 | 2 = 1,
): Prediction {
  const lost = unrestorable(subject, plan, lostWith);
  const { volume } = subject;
  const schedule = takenSchedule(volume);
  if (lost || !schedule) return lost ?? withoutBackup(subject, plan);
  const { files } = volume.backups;
  return bounded(plan, schedule.path, [
    declared(
      plan,
      intervals === 1 ? "backup interval" : "age of the backup before the newest",
      schedule.every * intervals,
      schedule.path,
      formatSchedule(schedule),
    ),
    fromBuckets(volume, transfer("duration of a backup", volume.size, files ? fileBackupRate : snapshotRate)),
  ]);
}

/** Why nothing brings the content of a volume back; undefined if its backups do. */
export function unrestorable(subject: VolumeSubject, plan: Plan, lostWith: LostWith): Prediction | undefined {
  const { volume, unit } = subject;
  const notRun = notRunHere(unit, plan);
  if (notRun !== undefined) return unknown(plan, unit.path, notRun, withdrawPromise(subject));
  if (!takenSchedule(volume)) return withoutBackup(subject, plan);
  return volume.backups.files ? lostFiles(subject, plan, lostWith) : lostSnapshots(subject, plan, lostWith);
}

function withoutBackup({ name, volume }: VolumeSubject, plan: Plan): Prediction {
  const { files, snapshot, taker, path } = volume.backups;
  const isDeclared = (files ?? snapshot) !== undefined;
  const why =
    isDeclared && taker.kind === "none"
      ? `the declared backups of ${name} are never taken: ${taker.why}`
      : `${name} has no replica, and no backup of it is taken`;
  return unbounded(plan, isDeclared ? path : volume.path, why, backUp(volume, plan));
}

/**
 * Declares copies of the files in a bucket of the platform, at best one that a cloud provides: at an interval of which two are within the
 * RPO, for a copy that cannot be read, or one; daily if none is short enough.
 */
export function backUp({ backups, path, size, objectives }: PersistentVolume, plan: Plan): Remedy {
  const buckets = plan.stores.filter(isBucket).filter(({ provider }) => provider.kind !== "embedded");
  const bucket = buckets.find(({ provider }) => provider.kind === "managed") ?? buckets[0];
  const duration = (size / fileBackupRate.value) * 1000;
  const allowed = (promisedRecovery(objectives, "volume-loss", "rpo") ?? Number.POSITIVE_INFINITY) - duration;
  const every = longestIntervalWithin(allowed / 2, DAY_MS) ?? longestIntervalWithin(allowed, DAY_MS) ?? DAY_MS;
  const files = formatSchedule({ every, keep: 7 * DAY_MS });
  const advice = `back the volume up: \`backups: { files: ${files}, to: ${bucket?.name ?? "BUCKET"} }\``;
  if (!bucket) return { advice };
  return {
    advice,
    worstCase: (backups.files?.every ?? every) + duration,
    edits: [
      ...(backups.snapshot ? [{ path: `${path}.backups.snapshot`, value: undefined }] : []),
      ...(backups.files ? [] : [{ path: `${path}.backups.files`, value: files }]),
      { path: `${path}.backups.to`, value: bucket.name },
    ],
  };
}

const DAY_MS = 86_400_000;

/** A bucket that a cloud provides survives everything but its own loss; one in the cluster is lost with it. */
function lostFiles({ name, volume }: VolumeSubject, plan: Plan, lostWith: LostWith): Prediction | undefined {
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

function lostSnapshots({ name, volume }: VolumeSubject, plan: Plan, _lostWith: LostWith): Prediction | undefined {
  if (CLOUDS[plan.cloud].volumes?.snapshots !== undefined) return undefined;
  return unknown(
    plan,
    volume.backups.path,
    `it is not known whether the snapshots of ${name} are stored apart from the volume`,
    { advice: "copy the files to a bucket instead: `backups: { files: daily keep 7d, to: BUCKET }`" },
  );
}

/** A term that reads or writes the buckets with the backups. */
function fromBuckets({ backups: { taker } }: PersistentVolume, term: Term): Term {
  return restingOn(taker.kind === "velero" ? taker.sendsTo : [], term);
}
