import type { Plan } from "../../plan/plan.js";
import type { CacheStore, DatabaseStore, StoreOfRole } from "../../plan/stores/index.js";
import { isCache, storeTraits } from "../../plan/stores/index.js";
import { restoreBase, type Server, takenBackups } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook, Step } from "./runbook.js";

/** A store's server is unavailable and its data is intact. */
export function storeUnavailableRunbook(store: Server, plan: Plan): Runbook {
  return {
    id: "store-down",
    subject: store.name,
    title: `${store.name} is unavailable`,
    when: `the probe of ${store.name} failed ${store.probe.failures} times in a row`,
    steps: onOneMachine(plan)
      ? [
          { action: "Check whether its process is running.", command: "keelson status" },
          { action: "Read its log. The most common cause is a full disk.", command: "keelson logs -f" },
        ]
      : [
          { action: `Check the state of ${store.provider.product}: has it failed over, or is a failover in progress?` },
          { action: "If it did not fail over within the predicted time, fail over with the provider's own command." },
          ...(store.provider.failover?.ignoresHang === undefined
            ? []
            : [
                {
                  action:
                    "If one of its servers hangs, delete its pod with force: nothing takes over from it until it is killed.",
                  command: `kubectl --namespace ${plan.namespace} delete pod POD --grace-period=0 --force`,
                },
              ]),
          ...dataLossStep(store),
        ],
    done: `the probe of ${store.name} succeeds and its clients have reconnected`,
  };
}

/** The runbook to continue with if the data is lost too. A broker has none: nothing restores its messages. */
function dataLossStep(store: Server): readonly Step[] {
  if (storeTraits(store).withoutReplica.kind === "wait") return [];
  const runbook = isCache(store) ? "Refill" : restoreBase(store) ? "Restore" : "Replace";
  return [{ action: `If the data is lost too, continue with the runbook "${runbook} ${store.name}".` }];
}

/** Every copy of the data is lost. If no backup is taken, the database is replaced by an empty one. */
export function restoreDatabase(database: DatabaseStore, plan: Plan): Runbook {
  if (!restoreBase(database)) return replaceDatabase(database, plan);
  const kind = takenBackups(database).full ? "full backup" : "snapshot";
  return {
    id: "restore-database",
    subject: database.name,
    title: `Restore ${database.name}`,
    when: `the data of ${database.name} is lost or damaged on every server`,
    steps: [
      { action: "Stop its writers, so that no write is acknowledged that the restore would discard." },
      ...restoreSteps(database, plan, "the newest backup"),
      {
        action:
          "Compare the newest rows of the busiest tables, and the number of usage events with the gateway's metrics.",
      },
      { action: `Start the writers, and take a new ${kind} immediately: the old backup chain ends here.` },
    ],
    done: `${database.name} is available, the comparison succeeded, and a new ${kind} is listed as valid`,
  };
}

/** Every copy of the data is lost, and no backup exists. */
function replaceDatabase(database: DatabaseStore, plan: Plan): Runbook {
  const { name, provider } = database;
  return {
    id: "replace-database",
    subject: name,
    title: `Replace ${name}, which has no backup`,
    when: `the data of ${name} is lost or damaged on every server`,
    steps: [
      { action: "Delete nothing: the remains on its disks are the only copy." },
      ...(onOneMachine(plan)
        ? [{ action: "Find the cause in the log.", command: "keelson logs -f" }]
        : [
            { action: `Create a new, empty server with ${provider.product}.` },
            { action: `Set the new server's address in the secret of ${name}.` },
          ]),
      { action: "Recreate the data that can be recreated, and notify the users of what is lost." },
      { action: `Declare backups of ${name} in the platform file. Without them the next loss is unbounded too.` },
    ],
    done: `${name} is available, the extent of the loss is known, and its first full backup is listed as valid`,
  };
}

/** The newest backup is corrupt: restore the one before it, and replay the WAL if the archive reaches back that far. */
export function restoreOlderBackup(database: DatabaseStore, plan: Plan): Runbook {
  const { full, log } = takenBackups(database);
  const reachesBack = full !== undefined && log !== undefined && log.keep >= 2 * full.every;
  return {
    id: "restore-older-backup",
    subject: database.name,
    title: `Restore ${database.name} from an older backup`,
    when: "a restore failed at a checksum, or the verification of a backup failed",
    steps: [
      { action: "Keep the corrupt backup: move it aside, delete nothing." },
      ...restoreSteps(database, plan, "the newest backup that is marked valid"),
      {
        action: reachesBack
          ? "Replay the WAL from that backup on. It ends at the last archived segment, if no segment is missing."
          : "Notify the users of what is lost: the archived WAL does not reach back to that backup.",
      },
      { action: "Find out why verification did not detect the corruption earlier." },
    ],
    done: `${database.name} is available, the comparison succeeded, and two backups are listed as valid`,
  };
}

/** The cache is empty. */
export function refillCache(cache: CacheStore, plan: Plan): Runbook {
  return {
    id: "refill-cache",
    subject: cache.name,
    title: `Refill ${cache.name}`,
    when: `the contents of ${cache.name} are lost`,
    steps: [
      {
        action: "Expect rate limits to reset and users to sign in again. Watch the database for the additional load.",
      },
      ...(restoreBase(cache)
        ? [{ action: `Stop its writers, and load the newest snapshot into ${cache.name}.` }]
        : [{ action: "There is no snapshot: the cache refills from the database." }]),
      ...(onOneMachine(plan) ? [] : [{ action: `Check that all replicas of ${cache.provider.product} are ready.` }]),
    ],
    done: "the hit rate is back to its usual value",
  };
}

/** A replica does not follow its primary. */
export function rebuildReplica({ name, provider }: DatabaseStore, _plan: Plan): Runbook {
  return {
    id: "rebuild-replica",
    subject: name,
    title: `Rebuild the replica of ${name}`,
    when: `a replica of ${name} lags behind its primary`,
    steps: [
      { action: "Do not fail over: the replica lacks the newest writes." },
      { action: "Find the cause: a long query on the replica, a full disk, a slow network, WAL that was removed." },
      { action: `If it cannot follow any more, delete it: ${provider.product} creates a new one from the primary.` },
      { action: "Watch the disk of the primary until then: it retains the WAL that the replica still needs." },
    ],
    done: `every replica of ${name} has received the newest write`,
  };
}

/** The messages of a broker are lost. */
export function replaceBroker({ name, provider }: StoreOfRole<"broker">, _plan: Plan): Runbook {
  return {
    id: "replace-broker",
    subject: name,
    title: `Replace ${name}`,
    when: `the messages of ${name} are lost on every server`,
    steps: [
      { action: "Delete nothing: what can be read of its volumes is the only copy." },
      { action: `Create a new, empty server with ${provider.product}, and set its address in the secret of ${name}.` },
      { action: "Check that its clients have declared their exchanges and queues again." },
      { action: "Publish again what publishers have kept, and notify the users of the messages that are lost." },
    ],
    done: `${name} confirms messages, and its consumers receive them`,
  };
}

function restoreSteps(database: DatabaseStore, plan: Plan, which: string): readonly Step[] {
  if (onOneMachine(plan)) {
    return [
      { action: "List the backups and choose one.", command: "keelson backups" },
      { action: `Restore ${which}.`, command: "keelson restore ID" },
    ];
  }
  const latest = takenBackups(database).log ? ", to the latest point in time that it offers" : "";
  return database.provider.kind === "managed"
    ? [
        { action: `Restore ${which} with ${database.provider.product} to a new server${latest}.` },
        { action: `Set the new server's address in the secret of ${database.name}.` },
      ]
    : [
        { action: `Create a new cluster with ${database.provider.product} that recovers from ${which}.` },
        { action: `Set the new cluster's address in the secret of ${database.name}.` },
      ];
}
