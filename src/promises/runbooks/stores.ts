import type { Cache, Database, Plan } from "../../plan/plan.js";
import { isCache, isDatabase, storeTraits } from "../../plan/stores/index.js";
import { restoreBase, type Server, taken } from "../subjects.js";
import { restorableElsewhere } from "../terms/copies.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook, Step } from "./runbook.js";

/** A store's server is down and its data is intact. */
export function storeAnswersNot(store: Server, plan: Plan): Runbook {
  return {
    id: "store-down",
    subject: store.name,
    title: `${store.name} does not answer`,
    when: `the probe of ${store.name} failed ${store.probe.failures} times in a row`,
    steps: onOneMachine(plan)
      ? [
          { action: "See whether its process runs.", command: "keelson status" },
          { action: "Read its log; a full disk is the usual reason.", command: "keelson logs -f" },
        ]
      : [
          { action: `Look at ${store.provider.product}: has it failed over, or is it trying to?` },
          {
            action:
              "If it did not move by itself within the predicted time, fail over by hand with the provider's own command.",
          },
          ...dataGone(store),
        ],
    done: `${store.name} answers its probe and its clients have reconnected`,
  };
}

/** The page that goes on where this one ends; of a broker there is none, for nothing brings its messages back. */
function dataGone(store: Server): readonly Step[] {
  if (storeTraits(store).withoutReplica.kind === "wait") return [];
  const page = isCache(store) ? "refilling" : restoreBase(store) ? "restoring" : "replacing";
  return [{ action: `If the data is gone as well, go on with the page on ${page} it.` }];
}

/** Every replica of the data is gone: only a backup is left, where one is taken. */
export function restoreDatabase(database: Database, plan: Plan): Runbook {
  if (!restoreBase(database)) return replaceDatabase(database, plan);
  const copy = taken(database).full ? "full backup" : "snapshot";
  return {
    id: "restore-database",
    subject: database.name,
    title: `Restore ${database.name}`,
    when: `the data of ${database.name} is gone or damaged on every server`,
    steps: [
      { action: "Stop what writes to it, so that nothing is acknowledged that the restore would undo." },
      ...restore(database, plan, "the newest backup"),
      {
        action: "Compare: the newest rows of the busiest tables, and the count of usage events against the gateway's.",
      },
      { action: `Let writers in again, and take a new ${copy} at once: the old chain ended with the loss.` },
    ],
    done: `${database.name} answers, the comparison holds, and a new ${copy} is listed as valid`,
  };
}

/** Every replica of the data is gone, and nothing is taken that it could be restored from. */
function replaceDatabase(database: Database, plan: Plan): Runbook {
  const { name, provider } = database;
  return {
    id: "replace-database",
    subject: name,
    title: `Replace ${name}, of which there is no backup`,
    when: `the data of ${name} is gone or damaged on every server`,
    steps: [
      { action: "Delete nothing: what is left on its disks is all that there is." },
      ...(onOneMachine(plan)
        ? [{ action: "Read why it is gone.", command: "keelson logs -f" }]
        : [
            { action: `Have ${provider.product} make a new and empty server.` },
            { action: `Point ${name}'s secret at the new server.` },
          ]),
      { action: "Fill it with what can be made again, and tell its users what is lost." },
      { action: `Declare backups of ${name} in the platform file: nothing else bounds the next loss.` },
    ],
    done: `${name} answers, what was lost is known, and its first full backup is listed as valid`,
  };
}

/** The only zone is gone and everything with it. */
export function rebuildElsewhere(plan: Plan): Runbook {
  const databases = plan.stores.filter(isDatabase);
  const named = (some: readonly Database[]): string => some.map(({ name }) => name).join(", ");
  const restored = databases.filter((database) => restorableElsewhere(database, plan));
  const lost = databases.filter((database) => !restorableElsewhere(database, plan));
  return {
    id: "rebuild-elsewhere",
    subject: plan.platform,
    title: `Build ${plan.platform} anew somewhere else`,
    when: "the one zone that everything runs in is gone, and its cloud names no time for its return",
    steps: [
      { action: "Decide whether to wait: moving is a decision with a way back of hours." },
      {
        action: "Name another region in the environment, and see what that changes.",
        command: "keelson render FILE -e ENV -t kubernetes -o DIR --diff",
      },
      { action: "Deploy there." },
      ...(restored.length > 0
        ? [{ action: `From the newest backup outside the zone, restore: ${named(restored)}.` }]
        : []),
      ...(lost.length > 0
        ? [
            {
              action: `Tell their users that these begin empty, because no backup of them lies outside the zone: ${named(lost)}.`,
            },
          ]
        : []),
      { action: "Move the DNS record." },
    ],
    done: "the entrance answers from the new place and every promise of the sheet is kept there",
  };
}

/** The newest backup cannot be read: the one before it, and the log since where it reaches back that far. */
export function restoreOlderBackup(database: Database, plan: Plan): Runbook {
  const { full, log } = taken(database);
  const reachesBack = full !== undefined && log !== undefined && log.keep >= 2 * full.every;
  return {
    id: "restore-older-backup",
    subject: database.name,
    title: `Restore ${database.name} when the newest backup is unreadable`,
    when: "a restore stopped at a checksum, or the verification of a backup failed",
    steps: [
      { action: "Keep the damaged backup: move it aside, delete nothing." },
      ...restore(database, plan, "the newest backup that is marked valid"),
      {
        action: reachesBack
          ? "Replay the log from that backup on; it reaches to the last shipped segment if no segment is missing."
          : "Tell its users what is lost: no log is kept that reaches back to that backup.",
      },
      { action: "Find out why verification had not found it earlier." },
    ],
    done: `${database.name} answers, the comparison holds, and two backups are listed as valid`,
  };
}

/** The cache is empty. */
export function refillCache(cache: Cache, plan: Plan): Runbook {
  return {
    id: "refill-cache",
    subject: cache.name,
    title: `Refill ${cache.name}`,
    when: `${cache.name} lost its contents`,
    steps: [
      {
        action:
          "Expect rate limits to start anew and sessions to sign in again; watch the database for the extra load.",
      },
      ...(restoreBase(cache)
        ? [{ action: `Load the newest snapshot into ${cache.name} while nothing writes to it.` }]
        : [{ action: "There is no snapshot: it fills itself from the database." }]),
      ...(onOneMachine(plan) ? [] : [{ action: `Check that ${cache.provider.product} has all its replicas again.` }]),
    ],
    done: "the hit rate is back where it was",
  };
}

function restore(database: Database, plan: Plan, which: string): readonly Step[] {
  const laptop: readonly Step[] = [
    { action: "List the backups and choose.", command: "keelson backups" },
    { action: `Restore ${which}.`, command: "keelson restore ID" },
  ];
  if (onOneMachine(plan)) return laptop;
  const latest = taken(database).log ? ", at the latest time it offers" : "";
  return database.provider.kind === "managed"
    ? [
        { action: `Restore ${which} with ${database.provider.product} to a new server${latest}.` },
        { action: `Point ${database.name}'s secret at the new server.` },
      ]
    : [
        { action: `Have ${database.provider.product} make a new cluster that recovers from ${which}.` },
        { action: `Point ${database.name}'s secret at the new cluster.` },
      ];
}
