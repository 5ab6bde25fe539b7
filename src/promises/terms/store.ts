import type { BackupSchedule, Backups, Bytes, Cited, Milliseconds, Plan, Store } from "../../plan/plan.js";
import { runsLocally } from "../../plan/stores/index.js";
import { formatDuration } from "../../platform-file/format.js";
import { turnedOffBy } from "../alert-settings.js";
import { type Alert, alertDelay, TARGETS_WITH_ALERT_RULES } from "../alerts.js";
import { alertNotice } from "../facts/alerting.js";
import { pagedResponse, unpagedResponse } from "../facts/people.js";
import { dailyLogShare, LOG_SEGMENT_BYTES, newAddress, reconnect, replayRate, segmentFetch } from "../facts/stores.js";
import { databaseWatch, hungDatabaseKilled, SEGMENT_CLOSE_FRACTION } from "../facts/supervisor.js";
import { formatSize } from "../format.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, cited, declared, restingOn, unknown, work } from "../prediction.js";
import type { TakenSchedule } from "../subjects.js";
import { onOneMachine } from "./machine.js";

type Backed = Store & { readonly backups: Backups };

/** The term with which a recovery by an operator begins. */
export const ALERT_FIRES = "alert fires";

/** The terms of a restore that depend on the amount of data and of log. */
export const RESTORE_OF_BACKUP = "restore of the backup";
export const FETCH_OF_LOG = "fetch of the log";
export const REPLAY_OF_LOG = "replay of the log";

/** The term of the person who is notified. */
export const ON_CALL_RESPONSE = "on-call response";

const DAY_MS = 86_400_000;

/** How long the supervisor or operator takes to detect that a store is unavailable, and to kill a hung server. */
export function storeDetection(store: Store, plan: Plan): readonly Term[] {
  const supervised = runsLocally(store);
  const { every, failures } = supervised ? databaseWatch(plan.stores) : store.probe;
  const how = `${failures} × ${formatDuration(every)}`;
  return [
    declared(plan, "probe", every * failures, `${store.path}.probe`, how),
    ...(supervised ? [assumed("a hung server is killed", hungDatabaseKilled.value, hungDatabaseKilled.why)] : []),
  ];
}

/**
 * The alert that the recovery waits for, plus the on-call response: only a critical alert pages. Undefined if no alert can fire,
 * since no time can be promised then. No terms for `keelson up`, which restores automatically.
 */
export function onCallResponse(
  plan: Plan,
  { name, severity }: Pick<Alert, "name" | "severity">,
): readonly Term[] | undefined {
  if (onOneMachine(plan)) return [];
  const delay = alertDelay(plan);
  if (delay === undefined || turnedOffBy(plan, name) !== undefined) return undefined;
  const paged = severity === "critical" && plan.observe.routes.critical !== undefined;
  const renderedBy = TARGETS_WITH_ALERT_RULES.join(", ");
  return [
    declared(plan, ALERT_FIRES, delay, "observe.alerts.down", `${name}, rendered by the target ${renderedBy}`),
    cited("alert evaluated and sent", alertNotice),
    cited(ON_CALL_RESPONSE, paged ? pagedResponse : unpagedResponse),
  ];
}

/**
 * What is predicted of a recovery that begins with an alert, where none can fire. `what` completes "no one is notified":
 * `of the loss of orders`, `that the region has failed`.
 */
export function unnoticed(plan: Plan, what: string): Prediction {
  const { metrics, alerts } = plan.observe;
  return metrics === "none"
    ? unknown(plan, "observe.metrics", `no metrics are stored, so no one is notified ${what}`)
    : unknown(plan, alerts.path, `its alert is off (\`observe.alerts\`), so no one is notified ${what}`);
}

export function serverProvisioning(store: Store): Term {
  return work(cited("new server provisioned", store.provider.provisioning, store.provider.product));
}

/** Drills measure this term under its name. */
export function backupRestore(store: Store): Term {
  return fromBackups(store, transfer(RESTORE_OF_BACKUP, store.size, store.provider.restoreRate));
}

/** A new replica copies the data of the primary. */
export function replicaCopy(store: Store): Term {
  return transfer("copy of the data to a new replica", store.size, store.provider.restoreRate);
}

/** The corrupt backup is read to its end before the next one is tried: the checksum is at the end. */
export function failedRestoreAttempt(store: Store): Term {
  return fromBackups(store, transfer("failed restore of the corrupt backup", store.size, store.provider.restoreRate));
}

/** One process replays the WAL written since the base backup, which is at most `age` old. Drills measure this term. */
export function logReplay(store: Store, age: Milliseconds): Term {
  const bytes = logBytes(store, age);
  return work(
    assumed(
      REPLAY_OF_LOG,
      (bytes / replayRate.value) * 1000,
      `${dailyLogShare.why}; ${replayRate.why}`,
      `${formatSize(bytes)} ÷ ${formatSize(replayRate.value)}/s`,
    ),
    bytes,
  );
}

/**
 * Every WAL segment since the base backup is fetched: one is closed at each interval, full or not, and another whenever one is full.
 * On one machine a full one takes as long as so much of a backup, because its content is decrypted and decompressed.
 */
export function logFetch(store: Backed, log: BackupSchedule, age: Milliseconds): Term {
  const embedded = store.provider.kind === "embedded";
  const interval = Math.max(1_000, log.every * (embedded ? SEGMENT_CLOSE_FRACTION : 1));
  const { value, why } = embedded ? segmentFetch.embedded : segmentFetch.elsewhere;
  const closed = Math.ceil(age / interval);
  const full = Math.floor(logBytes(store, age) / LOG_SEGMENT_BYTES);
  const valueOfFull = embedded ? (LOG_SEGMENT_BYTES / store.provider.restoreRate.value) * 1000 : value;
  const how = [
    `${closed} segments × ${value}ms`,
    ...(full > 0 ? [`${full} full ones × ${Math.round(valueOfFull)}ms`] : []),
  ].join(" + ");
  const reason = full > 0 ? `${why}; ${dailyLogShare.why}` : why;
  return fromBackups(store, work(assumed("fetch of the log", closed * value + full * valueOfFull, reason, how)));
}

/** The WAL that is written within `age`. */
function logBytes({ size }: Store, age: Milliseconds): Bytes {
  return Math.ceil(size * dailyLogShare.value * (age / DAY_MS));
}

/** A term that reads the buckets with the backups of a store. */
function fromBackups({ provider }: Store, term: Term): Term {
  return restingOn(provider.sendsTo, term);
}

/** A restore makes a new server with another address, which the runbook sets in the store's secret. */
export function addressChange({ provider }: Store): Term {
  const { value, why } = newAddress(provider.product);
  return assumed("clients configured for the new server", value, why);
}

export function clientReconnect(): Term {
  return assumed("clients reconnect", reconnect.value, reconnect.why);
}

/** The interval of a schedule: in the worst case nothing was stored since the previous backup. */
export function backupInterval(
  name: string,
  { every, path, declared: { every: declaredEvery }, limits }: TakenSchedule,
  plan: Plan,
  times = 1,
): Term {
  const how = times === 1 ? undefined : `${times} × ${formatDuration(every)}`;
  return limits && every > declaredEvery
    ? cited(name, { value: every * times, source: limits.every.source }, how)
    : declared(plan, name, every * times, path, how);
}

/** A backup counts only when it is complete. */
export function backupDuration(store: Backed): Term {
  return transfer("duration of a backup", store.size, store.provider.backupRate);
}

/** A WAL segment is lost with the disk until it is archived. */
export function segmentUpload(store: Backed): Term {
  return transfer(
    "upload of a log segment",
    Math.min(LOG_SEGMENT_BYTES, Math.max(store.size, 1)),
    store.provider.backupRate,
  );
}

/** The time to move this much data at a cited rate. */
export function transfer(name: string, bytes: Bytes, rate: Cited): Term {
  return work(
    cited(
      name,
      { value: (bytes / rate.value) * 1000, source: rate.source },
      `${formatSize(bytes)} ÷ ${formatSize(rate.value)}/s`,
    ),
    bytes,
  );
}
