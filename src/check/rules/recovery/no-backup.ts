import type { Milliseconds, Plan, Store } from "../../../plan/plan.js";
import { hasServers, isBucket, STORES } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { takesNone, untaken } from "../../../promises/subjects.js";
import { notRunHere } from "../../../promises/terms/left-out.js";
import { type Broken, broken, concerns } from "../../rows.js";
import { defineRule, type Fix } from "../../rule.js";
import { logInterval, longestWithin, shortest } from "./intervals.js";

/** Something is promised for the loss of a store that has no copy. */
export const noBackup = defineRule({
  code: "recovery/no-backup",
  severity: "error",
  summary: "a store promises an RPO or RTO and has nothing that it could be restored from",
  help: "Replicas are no backup: what deletes the data, a mistake or a fault, deletes it on all of them. Without a copy elsewhere the loss has no bound. A store that can be filled again, such as a cache, promises nothing.",
  check(plan, report, sheet) {
    const told = new Set<string>();
    for (const store of plan.stores) {
      const cells = (["rpo", "rto"] as const).flatMap((of) =>
        ["database-loss", "cache-loss"]
          .flatMap((fault) => broken(sheet, fault, of))
          .filter((each) => lost(each, store)),
      );
      const [cell] = cells;
      if (cell?.predicted.kind !== "unbounded") continue;
      told.add(store.name);
      const fix = copied(plan, store);
      report(`${store.path}.backups`, {
        concerns: cells.flatMap((each) => concerns(sheet, each, "backup-corruption")),
        why: `${cell.predicted.why}, but ${store.name} promises ${cell.of.toUpperCase()} ${formatDuration(cell.promised)}`,
        advice: `${fix ? declaration(fix) : cannot(store)}, or promise nothing (\`objectives: { rto: none, rpo: none }\`) if it can be filled again`,
        ...(fix ? { fix } : {}),
      });
    }
    for (const server of plan.stores.filter(hasServers)) {
      // What is not run is another rule's finding, and what breaks a promise was told above.
      if (told.has(server.name) || notRunHere(server, plan) !== undefined) continue;
      for (const kind of untaken(server)) {
        report(`${server.backups.path}.${kind}`, {
          why: `a ${kind} backup of ${server.name} is declared, but ${takesNone(server)}`,
          advice:
            server.provider.copies === "bucket"
              ? "name a bucket in `backups.to`"
              : "take it out and promise nothing that needs it, or keep the data in a store that is backed up",
          severity: "warning",
        });
      }
    }
  },
});

function cannot(store: Store): string {
  if (!takesSome(store)) return "keep the data in a store that is backed up";
  if (store.provider.copies !== "bucket") return "replicate synchronously: no interval is short enough";
  return "name a bucket in `backups.to`";
}

/** Whoever sends copies to a bucket takes them as soon as there is one. */
function takesSome({ provider }: Store): boolean {
  return provider.takes.length > 0 || provider.copies === "bucket";
}

function lost({ row, predicted }: Broken, store: Store): boolean {
  return row.subject === store.name && predicted.kind === "unbounded";
}

function declaration({ edits }: Fix): string {
  return `declare backups: \`${edits.map(({ path, value }) => `${path.split(".").at(-1)}: ${String(value)}`).join(", ")}\``;
}

/** Unasked only where it is clear where copies go: beside the laptop's data, by the provider, or to the one bucket. */
function copied(plan: Plan, store: Store): Fix | undefined {
  if (!takesSome(store) || (hasServers(store) && untaken(store).length > 0)) return undefined;
  const rpo = store.objectives.rpo ?? Number.POSITIVE_INFINITY;
  const { path, backups } = store;
  const copies = STORES[store.kind].backupMethod === "log" ? databaseCopies(store, rpo) : snapshots(store, rpo);
  if (!copies) return undefined;
  const edits = Object.entries(copies).map(([key, value]) => ({ path: `${path}.backups.${key}`, value }));
  const buckets = plan.stores.filter(isBucket);
  const [bucket] = buckets;
  if (store.provider.kind !== "in-cluster" || backups.to.length > 0) return { edits, safe: true };
  if (!bucket) return store.provider.copies === "bucket" ? undefined : { edits, safe: false };
  return { edits: [...edits, { path: `${path}.backups.to`, value: bucket.name }], safe: buckets.length === 1 };
}

/** A log needs a full backup to be replayed on; what is declared already stays. */
function databaseCopies(store: Store, rpo: Milliseconds): Readonly<Record<string, string>> | undefined {
  const { full, log } = store.backups;
  const every = logInterval(rpo);
  if (every === undefined || every < shortest(store, "log")) return undefined;
  return { ...(full ? {} : { full: "daily keep 7d" }), ...(log ? {} : { log: formatSchedule({ every, keep: week }) }) };
}

/** Half the RPO leaves the other half to the time that a snapshot takes. */
function snapshots(store: Store, rpo: Milliseconds): Readonly<Record<string, string>> | undefined {
  const least = shortest(store, "snapshot");
  const every = longestWithin(rpo / 2, Math.max(hour, least));
  return every === undefined || every < least ? undefined : { snapshot: formatSchedule({ every, keep: week }) };
}

const hour = 3_600_000;
const week = 7 * 24 * hour;
