import type { Milliseconds, Path, Plan, Store } from "../../../plan/plan.js";
import { hasServers, isBucket, STORES } from "../../../plan/stores/index.js";
import { objectsNotTaken } from "../../../plan/velero.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { longestIntervalWithin } from "../../../promises/intervals.js";
import { promisedRecovery } from "../../../promises/objectives.js";
import { type StoredVolume, unsupportedBackups, unsupportedReason } from "../../../promises/subjects.js";
import { notRunHere } from "../../../promises/terms/not-run.js";
import { backUp } from "../../../promises/terms/volume.js";
import type { CheckContext } from "../../context.js";
import { keptInstead } from "../../promise-edits.js";
import { defineRule, type Fix, type Report } from "../../rule.js";
import { minBackupInterval, walInterval } from "./intervals.js";
import { STORAGE_LOSS_FAULTS } from "./storage-loss.js";

/** A promise covers the loss of a store that has no backup. See docs/checks.md, Recovery. */
export const noBackup = defineRule({
  code: "recovery/no-backup",
  severity: "error",
  summary: "a store promises an RPO or RTO and has no backup to restore from",
  help: "Replicas are not backups: a fault or a mistake that deletes the data deletes it on every replica. Without a backup the loss is unbounded. A store whose data can be recreated, such as a cache, needs no promise.",
  check(context, report) {
    for (const store of context.plan.stores) {
      if (!reportUnboundedLoss(context, store, report)) reportUnsupportedBackups(context, store, report);
    }
    for (const volume of context.volumes.values()) reportUntakenBackups(context, volume, report);
    for (const { kind, path, why } of untakenClusterBackups(context.plan))
      report(path, {
        why: `backups of ${kind} are declared and never taken: ${why}`,
        advice: "take them where the cluster is installed, and remove them here",
        severity: kind === "the configuration" ? "note" : "warning",
        fix: { edits: [{ path, value: undefined }], safe: false },
      });
  },
});

/** Reports the promises of a store that break because nothing can be restored. Returns whether there are any. */
function reportUnboundedLoss(context: CheckContext, store: Store, report: Report): boolean {
  const promises = (["rpo", "rto"] as const).flatMap((of) =>
    STORAGE_LOSS_FAULTS.flatMap((fault) => context.brokenPromises(fault, of, store.path)),
  );
  const unbounded = promises.filter(({ predicted }) => predicted.kind === "unbounded");
  const [first] = unbounded;
  if (first?.predicted.kind !== "unbounded") return false;
  const fix = backupsFix(context, store);
  const instead = keptInstead(context, ...unbounded);
  report(`${store.path}.backups`, {
    concerns: unbounded.flatMap((promise) => context.concerns(promise)),
    why: `${first.predicted.why}, but ${store.name} promises ${first.of.toUpperCase()} ${formatDuration(first.promised)}`,
    advice: `${fix ? declaration(fix) : withoutFix(store)}, or, if the data can be recreated, ${instead.advice}`,
    fix: fix ?? { edits: instead.edits, safe: false },
  });
  return true;
}

/** Reports the declared backups of a store that its provider does not take, where no promise depends on them. */
function reportUnsupportedBackups({ plan, buckets, volumes }: CheckContext, store: Store, report: Report): void {
  if (notRunHere(store, plan) !== undefined) return;
  const [bucket] = buckets;
  const needsBucket = store.provider.copies === "bucket" && !isBucket(store);
  for (const kind of unsupportedBackups(store)) {
    // Those of a bucket in the cluster are backups of its volume, which are reported below.
    if (volumes.has(store.path) && kind !== "log") continue;
    report(`${store.backups.path}.${kind}`, {
      why: `a ${kind} backup of ${store.name} is declared, but ${unsupportedReason(store)}`,
      advice: needsBucket
        ? "set a bucket in `backups.to`"
        : isBucket(store)
          ? "remove it, and keep older versions of its objects at a cloud provider (`bucket: { versions: true }`)"
          : "remove it and the objectives that depend on it, or store the data in a store that is backed up",
      severity: "warning",
      ...(needsBucket
        ? bucket && { fix: { edits: [{ path: `${store.backups.path}.to`, value: bucket.name }], safe: false } }
        : { fix: { edits: [{ path: `${store.backups.path}.${kind}`, value: undefined }], safe: false } }),
    });
  }
}

/** The declared backups of the cluster itself that no component takes: Velero takes those of its objects. */
function untakenClusterBackups(
  plan: Plan,
): readonly { readonly kind: string; readonly path: Path; readonly why: string }[] {
  const { objects, etcd, configuration } = plan.cluster.backups;
  const objectsWhy = objectsNotTaken(plan);
  return [
    ...(objects && objectsWhy !== undefined ? [{ kind: "cluster objects", path: objects.path, why: objectsWhy }] : []),
    ...(etcd
      ? [{ kind: "etcd", path: etcd.path, why: "only what runs the control plane can take a snapshot of etcd" }]
      : []),
    ...(configuration
      ? [
          {
            kind: "the configuration",
            path: configuration.path,
            why: "it is the platform file, whose history is that of its repository",
          },
        ]
      : []),
  ];
}

/** Reports the declared backups of a volume that no component takes. The promises that break because of that are those of `volume-loss`. */
function reportUntakenBackups(context: CheckContext, subject: StoredVolume, report: Report): void {
  const { name, volume, owner, fault } = subject;
  const { files, snapshot, taker, path } = volume.backups;
  const declared = files ?? snapshot;
  if (!declared || taker.kind !== "none" || notRunHere(owner, context.plan) !== undefined) return;
  const isReported = (["rpo", "rto"] as const).some((of) => context.brokenPromises(fault, of, volume.path).length > 0);
  if (isReported) return;
  const remedy = backUp(subject, context.plan);
  report(declared.path, {
    why: `backups of ${name} are declared and never taken: ${taker.why}`,
    advice: remedy.edits ? remedy.advice : "remove them, or add a bucket of a cloud provider and name it in `to`",
    severity: "warning",
    fix: { edits: remedy.edits ?? [{ path, value: undefined }], safe: false },
  });
}

function withoutFix(store: Store): string {
  if (!supportsBackups(store)) return "store the data in a store that is backed up";
  if (store.provider.copies !== "bucket") return "replicate synchronously: no backup interval is short enough";
  return "set a bucket in `backups.to`";
}

/** A provider that stores backups in a bucket takes them only if `backups.to` names one. */
function supportsBackups({ provider }: Store): boolean {
  return provider.takes.length > 0 || provider.copies === "bucket";
}

function declaration({ edits }: Fix): string {
  return `declare backups: \`${edits.map(({ path, value }) => `${path.split(".").at(-1)}: ${String(value)}`).join(", ")}\``;
}

/**
 * Safe only if the destination is unambiguous and not beside the data: the local machine, the provider, or the platform's only
 * bucket, where the product stores backups in one.
 */
function backupsFix({ buckets }: CheckContext, store: Store): Fix | undefined {
  if (!supportsBackups(store) || (hasServers(store) && unsupportedBackups(store).length > 0)) return undefined;
  const rpo = Math.min(
    ...STORAGE_LOSS_FAULTS.map((fault) => promisedRecovery(store.objectives, fault, "rpo") ?? Number.POSITIVE_INFINITY),
  );
  const { path, backups } = store;
  const schedules = STORES[store.kind].backupMethod === "log" ? databaseBackups(store, rpo) : snapshots(store, rpo);
  if (!schedules) return undefined;
  const edits = Object.entries(schedules).map(([key, value]) => ({ path: `${path}.backups.${key}`, value }));
  if (store.provider.kind !== "in-cluster" || backups.to.length > 0) return { edits, safe: true };
  if (store.provider.copies !== "bucket") return { edits, safe: false };
  const [bucket] = buckets;
  if (!bucket) return undefined;
  return { edits: [...edits, { path: `${path}.backups.to`, value: bucket.name }], safe: buckets.length === 1 };
}

/** WAL needs a full backup to be replayed on. Declared schedules are not changed. */
function databaseBackups(store: Store, rpo: Milliseconds): Readonly<Record<string, string>> | undefined {
  const { full, log } = store.backups;
  const every = walInterval(rpo);
  if (every === undefined || every < minBackupInterval(store, "log")) return undefined;
  return {
    ...(full ? {} : { full: "daily keep 7d" }),
    ...(log ? {} : { log: formatSchedule({ every, keep: WEEK_MS }) }),
  };
}

/** At most half the RPO, which leaves the other half for the duration of a snapshot. */
function snapshots(store: Store, rpo: Milliseconds): Readonly<Record<string, string>> | undefined {
  const minimum = minBackupInterval(store, "snapshot");
  const every = longestIntervalWithin(rpo / 2, Math.max(HOUR_MS, minimum));
  return every === undefined || every < minimum ? undefined : { snapshot: formatSchedule({ every, keep: WEEK_MS }) };
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
