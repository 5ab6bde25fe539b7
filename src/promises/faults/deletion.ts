import type { Plan } from "../../plan/plan.js";
import type { BucketStore, DatabaseStore } from "../../plan/stores/index.js";
import { type Alert, deletedData, platformDown, replicasMissing } from "../alerts.js";
import { momentOfDeletion, namespaceDeployed, objectsUndeleted } from "../facts/people.js";
import { defineFault, type SubjectHandler, type SubjectHandlers } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, sum, unbounded, unknown } from "../prediction.js";
import { deployNamespaceAgain, restoreDeletedObjects, restoreDeletedRows } from "../runbooks/deletion.js";
import { restoreBucket, restoreVolume } from "../runbooks/volumes.js";
import { restoreBase, type Server, takenBackups, type VolumeSubject, type WholePlatform } from "../subjects.js";
import { backupLocation, restorableAfterZoneLoss } from "../terms/backup-location.js";
import { bucketRestore, isAssessed, isBackedUp, lostBucket, runsInCluster } from "../terms/bucket.js";
import { onOneMachine } from "../terms/machine.js";
import { onCallResponse, unnoticed } from "../terms/store.js";
import { slowestStart } from "../terms/unit.js";
import { lostSinceVolumeBackup, takenSchedule, volumeRestore } from "../terms/volume.js";
import { lostSinceBackup, restoreFromBackup } from "./database-loss.js";

/**
 * A user or an operator deletes what the platform needs. Of a server in the cluster that is its namespace, with its volumes; of any
 * other database its tables or rows. The loss of a cache or a broker is the same as its deletion.
 */
export const deletion = defineFault({
  id: "deletion",
  title: "A namespace, a table or a tenant is deleted",
  includes: ["database-loss", "bucket-loss", "volume-loss"],
  on: (plan) => (onOneMachine(plan) ? onThisMachine : inCluster),
  drill: {
    kind: "impossible",
    why: "the restore to a point in time is that of `database-loss`, which has a drill; what follows a deletion is the work of a person",
  },
});

/** The objects of the namespace are in the platform file. What its volumes and databases contained has rows of its own. */
const namespace: SubjectHandler<WholePlatform> = {
  rto: (platform, plan) => {
    const response = onCallResponse(plan, platformDown(platform, plan));
    if (!response) return unnoticed(plan, "that the namespace has been deleted");
    return bounded(plan, "platform", [
      ...response,
      assumed("namespace deployed again", namespaceDeployed.value, namespaceDeployed.why),
      ...slowestStart(plan),
    ]);
  },
  rpo: (_platform, plan) => bounded(plan, "platform", [cited("nothing: objects are in the platform file", inTheFile)]),
  alert: platformDown,
  runbook: (_platform, plan) => deployNamespaceAgain(plan),
};

/** A volume is deleted with its namespace, and its unit too. */
function deletedVolume({ name, owner }: VolumeSubject, plan: Plan): Alert {
  return { ...replicasMissing(owner, plan), subject: name };
}

const inTheFile = { value: 0, source: "`keelson deploy` renders every object of the namespace from the platform file" };

const inCluster: SubjectHandlers = {
  platform: namespace,
  database: {
    rto: recoveryOfRows,
    rpo: lostRows,
    alert: deletedData,
    runbook: restoreDeletedRows,
  },
  bucket: {
    affects: isAssessed,
    rto: recoveryOfObjects,
    rpo: lostObjects,
    alert: deletedData,
    runbook: (bucket, plan) => (isBackedUp(bucket) ? restoreBucket : restoreDeletedObjects)(bucket, plan),
  },
  volume: {
    // Without a backup `volume-loss` is already the worst case.
    affects: ({ volume }) => takenSchedule(volume) !== undefined,
    rto: (volume, plan) => volumeRestore(volume, plan, "namespace"),
    rpo: (volume, plan) => lostSinceVolumeBackup(volume, plan, "namespace"),
    alert: deletedVolume,
    runbook: restoreVolume,
  },
  cache: undefined,
  broker: undefined,
  entrance: undefined,
  unit: undefined,
  model: undefined,
};

/** On one machine nothing reports missing rows, and `keelson up` restores by itself only a database that is lost as a whole. */
const onThisMachine: SubjectHandlers = {
  ...inCluster,
  platform: undefined,
  volume: undefined,
  database: {
    rto: (database, plan) =>
      restoreBase(database)
        ? unknown(plan, database.path, `nothing notifies a person that rows of ${database.name} are missing`, {
            advice:
              "restore them by hand (`keelson restore latest --at TIME`), and exclude the fault: `objectives: { except: [deletion] }`",
          })
        : restoreFromBackup(database, plan),
    rpo: lostRows,
    alert: deletedData,
    runbook: restoreDeletedRows,
  },
};

/** The restore of a lost database, up to a moment that the on-call engineer has to find. */
function recoveryOfRows(database: DatabaseStore, plan: Plan): Prediction {
  const lost = lostWithNamespace(database, plan);
  if (lost) return lost;
  const restore = restoreFromBackup(database, plan, { alert: deletedData(database, plan) });
  if (restore.kind !== "bounded") return restore;
  const found = assumed("moment of the deletion found", momentOfDeletion.value, momentOfDeletion.why);
  const terms = [...restore.terms, found];
  return { kind: "bounded", total: sum(terms), terms };
}

/** A server that continues to run archives its WAL up to the deletion and beyond. */
function lostRows(database: DatabaseStore, plan: Plan): Prediction {
  const lost = lostWithNamespace(database, plan);
  if (lost) return lost;
  const { full, log } = takenBackups(database);
  return full && log && database.provider.kind !== "in-cluster"
    ? bounded(plan, log.path, [cited("nothing: the WAL up to the deletion is archived", archived)])
    : lostSinceBackup(database, plan);
}

const archived = {
  value: 0,
  source:
    "the server runs on and archives its WAL; `recovery_target_time` ends the replay before the deletion (postgresql.org: Recovery Target)",
  read: "2026-11-30",
};

/** Why the backups of a store in the cluster, declared or not, do not survive the deletion of its namespace. */
export function lostWithNamespace(server: Server, plan: Plan): Prediction | undefined {
  const { name, provider } = server;
  const isTaken = Object.values(takenBackups(server)).some((each) => typeof each === "object");
  // lostSinceBackup reports backups that are not taken; declaring them does not help here if they are on a volume.
  if (provider.kind !== "in-cluster" || !(isTaken || provider.copies === "volume")) return undefined;
  if (restorableAfterZoneLoss(server, plan)) return undefined;
  const why = `the backups of ${name} ${isTaken ? "are" : "would be"} ${backupLocation(server)}, in the namespace that is deleted with its volumes`;
  const target = provider.sendsTo.length > 0 && plan.stores.find((store) => provider.sendsTo.includes(store.name));
  return unbounded(plan, server.backups.path, why, {
    advice: "send them to a bucket of a cloud provider (`backups: { to: BUCKET }`, `provide: managed` there)",
    ...(target && plan.cloud !== "none" ? { edits: [{ path: `${target.path}.provide`, value: "managed" }] } : {}),
  });
}

/** With versions a deletion only hides objects. In the cluster the volume is deleted with the namespace, and the versions on it. */
function recoveryOfObjects(bucket: BucketStore, plan: Plan): Prediction {
  if (runsInCluster(bucket)) return bucketRestore(bucket, plan, "namespace", deletedData(bucket, plan));
  const lost = withoutVersions(bucket, plan);
  if (lost) return lost;
  const response = onCallResponse(plan, deletedData(bucket, plan));
  if (!response) return unnoticed(plan, `that objects of ${bucket.name} have been deleted`);
  const undeleted = assumed("deleted objects made current again", objectsUndeleted.value, objectsUndeleted.why);
  return bounded(plan, bucket.path, [...response, undeleted]);
}

function lostObjects(bucket: BucketStore, plan: Plan): Prediction {
  if (runsInCluster(bucket)) return lostBucket(bucket, plan, "namespace");
  return (
    withoutVersions(bucket, plan) ?? bounded(plan, bucket.path, [cited("nothing: older versions are kept", versions)])
  );
}

const versions = {
  value: 0,
  source:
    "a deletion in a bucket with versions inserts a delete marker, and all versions remain (docs.aws.amazon.com/AmazonS3, Working with delete markers)",
  read: "2026-11-30",
};

function withoutVersions(bucket: BucketStore, plan: Plan): Prediction | undefined {
  if (bucket.provider.kind === "embedded") return lostBucket(bucket, plan, "volume");
  if (bucket.versions) return undefined;
  const why = `${bucket.name} keeps no older versions, and nothing brings deleted objects back`;
  return unbounded(plan, bucket.path, why, {
    advice: "keep older versions of its objects: `bucket: { versions: true }`",
    edits: [{ path: `${bucket.path}.bucket.versions`, value: true }],
  });
}
