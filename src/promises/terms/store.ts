import type { BackupSchedule, Backups, Bytes, Cited, Milliseconds, Plan, Store } from "../../plan/plan.js";
import { runsLocally } from "../../plan/stores/index.js";
import { formatDuration } from "../../platform-file/format.js";
import { alertDelay } from "../alerts.js";
import { pagedResponse, unpagedResponse } from "../facts/people.js";
import { dailyLogShare, logSegmentBytes, reconnect, replayRate, segmentFetch } from "../facts/stores.js";
import { databaseWatch, hungDatabaseKilled, SEGMENT_CLOSED_AFTER } from "../facts/supervisor.js";
import type { Term } from "../prediction.js";
import { assumed, cited, declared, work } from "../prediction.js";
import type { TakenSchedule } from "../subjects.js";
import { onOneMachine } from "./machine.js";

type Backed = Store & { readonly backups: Backups };

const day = 86_400_000;

/** How whoever restarts or fails the store over notices that it does not answer, and ends what hangs. */
export function noticed(store: Store, plan: Plan): readonly Term[] {
  const supervised = runsLocally(store);
  const { every, failures } = supervised ? databaseWatch(plan.stores) : store.probe;
  const how = `${failures} × ${formatDuration(every)}`;
  return [
    declared(plan, "probe", every * failures, `${store.path}.probe`, how),
    ...(supervised ? [assumed("a hung server is killed", hungDatabaseKilled.value, hungDatabaseKilled.why)] : []),
  ];
}

/**
 * Somebody is told and begins; undefined where nobody is told, so that no time can be promised. `keelson up` restores
 * by itself.
 */
export function response(plan: Plan): readonly Term[] | undefined {
  if (onOneMachine(plan)) return [];
  const delay = alertDelay(plan);
  if (delay === undefined) return undefined;
  const paged = plan.observe.routes.critical !== undefined;
  return [
    declared(plan, "alert fires", delay, "observe.alerts.down"),
    cited("somebody begins", paged ? pagedResponse : unpagedResponse),
  ];
}

export function provisioned(store: Store): Term {
  return work(cited("a new server", store.provider.provisioning, store.provider.product));
}

export function restored(store: Store): Term {
  return transfer("restore of the backup", store.size, store.provider.restoreRate);
}

/** The unreadable backup is read to its end before the next one is tried: its checksum stands at the end. */
export function restoreInVain(store: Store): Term {
  return transfer("the unreadable backup is tried", store.size, store.provider.restoreRate);
}

/** The log since the base backup, `age` old at worst, is replayed by one process. */
export function replayed(store: Store, age: Milliseconds): Term {
  const bytes = Math.ceil(store.size * dailyLogShare.value * (age / day));
  return work(
    assumed(
      "replay of the log",
      (bytes / replayRate.value) * 1000,
      `${dailyLogShare.why}; ${replayRate.why}`,
      `${readableBytes(bytes)} ÷ ${readableBytes(replayRate.value)}/s`,
    ),
    bytes,
  );
}

/** Every segment since the base backup is fetched, `age` old at worst; at each interval one was closed, full or not. */
export function logFetched(store: Backed, log: BackupSchedule, age: Milliseconds): Term {
  const embedded = store.provider.kind === "embedded";
  const interval = Math.max(1_000, log.every * (embedded ? SEGMENT_CLOSED_AFTER : 1));
  const segments = Math.ceil(age / interval);
  const { value, why } = embedded ? segmentFetch.embedded : segmentFetch.elsewhere;
  return work(assumed("the log is fetched", segments * value, why, `${segments} segments × ${value}ms`));
}

export function reconnected(): Term {
  return assumed("clients reconnect", reconnect.value, reconnect.why);
}

/** The interval of a schedule: just before the next one everything since the last is at risk. */
export function interval(
  name: string,
  { every, path, declared: { every: asked }, limits }: TakenSchedule,
  plan: Plan,
  times = 1,
): Term {
  const how = times === 1 ? undefined : `${times} × ${formatDuration(every)}`;
  return limits && every > asked
    ? cited(name, { value: every * times, source: limits.every.source }, how)
    : declared(plan, name, every * times, path, how);
}

/** A backup counts only when it is complete. */
export function backupTaken(store: Backed): Term {
  return transfer("time that a backup takes", store.size, store.provider.backupRate);
}

/** A segment is lost with the disk until it is in the archive. */
export function segmentUploaded(store: Backed): Term {
  return transfer(
    "upload of a log segment",
    Math.min(logSegmentBytes, Math.max(store.size, 1)),
    store.provider.backupRate,
  );
}

function transfer(name: string, bytes: Bytes, rate: Cited): Term {
  return work(
    cited(
      name,
      { value: (bytes / rate.value) * 1000, source: rate.source },
      `${readableBytes(bytes)} ÷ ${readableBytes(rate.value)}/s`,
    ),
    bytes,
  );
}

/** Sizes and rates for reading: as they were written where that is short, else with one decimal. */
function readableBytes(bytes: number): string {
  const scales = bytes % 1e6 === 0 ? decimal : binary;
  const [unit, scale] = scales.find(([, least]) => bytes >= least) ?? ["B", 1];
  const amount = bytes / scale;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${unit}`;
}

const decimal = [
  ["G", 1e9],
  ["M", 1e6],
] as const;
const binary = [
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
] as const;
