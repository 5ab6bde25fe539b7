import { CLOUDS } from "../../plan/clouds/index.js";
import type { PersistentVolume, Plan, Store, Unit } from "../../plan/plan.js";
import { primaryRegion } from "../../plan/regions.js";
import { type BucketStore, isBucket } from "../../plan/stores/index.js";
import {
  objectsNotTaken,
  persistentVolumesOf,
  VELERO_NAMESPACE,
  type VeleroSchedule,
  veleroSchedules,
} from "../../plan/velero.js";
import { formatList } from "../../platform-file/format.js";
import { type StoredVolume, storedVolumes } from "../../promises/subjects.js";
import type { Note } from "../note.js";
import { cronSchedule } from "./cron-schedule.js";
import type { BackupStorageLocation, NamedManifest, Schedule, WithNotes } from "./manifest.js";
import { labels, ownership, selector } from "./metadata.js";
import type { Scope } from "./scope.js";
import { persistentVolumes } from "./volumes.js";

/** The annotation of a pod that lists the volumes of which Velero copies the files (velero.io: File System Backup, opt-in approach). */
export function fileBackupAnnotation(owner: Unit | Store): Record<string, string> | undefined {
  const names = volumesInPod(owner).flatMap(({ name, backups: { files, taker } }) =>
    files && taker.kind === "velero" ? [name] : [],
  );
  return names.length === 0 ? undefined : { "backup.velero.io/backup-volumes": names.join(",") };
}

function volumesInPod(owner: Unit | Store): readonly PersistentVolume[] {
  if (!("kind" in owner)) return persistentVolumes(owner);
  return isBucket(owner) ? persistentVolumesOf(owner) : [];
}

/** Whether Velero writes backups to a bucket of the plan. */
export function isWrittenByVelero(plan: Plan, bucket: string): boolean {
  return veleroSchedules(plan).some((schedule) => schedule.bucket === bucket);
}

/** Velero's address of a bucket that it writes to. */
export function backupStorageLocation(
  { plan }: Scope,
  bucket: BucketStore,
): WithNotes<BackupStorageLocation> | undefined {
  if (!isWrittenByVelero(plan, bucket.name)) return undefined;
  const name = locationName(plan, bucket.name);
  const endpoint = endpointOf(plan, bucket);
  return {
    object: {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name, namespace: VELERO_NAMESPACE, labels: labels(plan, bucket, "backup") },
      spec: {
        provider: "aws",
        // Velero refuses a bucket with folders that it does not know, and other stores may write to the same one.
        objectStorage: { bucket: bucket.name, prefix: `velero/${plan.namespace}` },
        accessMode: "ReadWrite",
        config: {
          region: endpoint === undefined ? primaryRegion(plan) : ANY_REGION,
          ...(endpoint !== undefined && {
            s3Url: endpoint,
            s3ForcePathStyle: "true",
            // Servers other than Amazon S3 may reject the checksums that its client sends by default.
            checksumAlgorithm: "",
          }),
        },
        ...(endpoint !== undefined && { credential: { name, key: CREDENTIAL_KEY } }),
      },
    },
    notes: [{ path: bucket.path, message: accessOf(plan, bucket, endpoint) }],
  };
}

/** The schedules of Velero, and what they need of its installation. */
export function veleroObjects({ plan }: Scope): {
  readonly manifests: readonly NamedManifest[];
  readonly notes: readonly Note[];
} {
  const schedules = veleroSchedules(plan);
  return {
    manifests: schedules.map((each) => ({
      file: `${each.owner?.name ?? "platform"}/velero-schedule-${each.kind}${each.bucket === undefined ? "" : `-${each.bucket}`}-${each.name.slice(-8)}`,
      object: scheduleOf(plan, each),
    })),
    notes: [...installation(schedules), ...storedVolumes(plan).flatMap(neverTaken), ...objectsNeverTaken(plan)],
  };
}

function scheduleOf(plan: Plan, { name, owner, kind, schedule, bucket }: VeleroSchedule): Schedule {
  return {
    apiVersion: "velero.io/v1",
    kind: "Schedule",
    metadata: {
      name,
      namespace: VELERO_NAMESPACE,
      labels: owner ? labels(plan, owner, "backup") : ownership(plan),
    },
    spec: {
      schedule: cronSchedule(schedule),
      // A schedule that is removed or renamed leaves its backups until they expire.
      useOwnerReferencesInBackup: false,
      template: {
        includedNamespaces: [plan.namespace],
        ...(owner && { labelSelector: { matchLabels: selector(plan, owner.name) } }),
        defaultVolumesToFsBackup: false,
        snapshotVolumes: kind === "snapshot",
        ...(bucket !== undefined && { storageLocation: locationName(plan, bucket) }),
        ttl: `${Math.ceil(schedule.keep / HOUR_MS)}h0m0s`,
      },
    },
  };
}

const HOUR_MS = 3_600_000;

/** The key of the secret with the credentials of a bucket, in the format of Amazon's credentials file. */
const CREDENTIAL_KEY = "cloud";

/** Locations of every platform of the cluster are in the namespace of Velero. */
function locationName({ namespace }: Plan, bucket: string): string {
  return `${namespace}-${bucket}`;
}

/** The address of the S3 API; undefined for Amazon S3, whose clients derive it from the region. */
function endpointOf(plan: Plan, { name, port, provider }: BucketStore): string | undefined {
  return provider.kind === "in-cluster"
    ? `http://${name}.${plan.namespace}.svc:${port}`
    : CLOUDS[plan.cloud].s3Endpoint(primaryRegion(plan));
}

/** Clients of the S3 API need a region, which other servers than Amazon S3 do not look at. */
const ANY_REGION = "us-east-1";

function accessOf(plan: Plan, bucket: BucketStore, endpoint: string | undefined): string {
  const { name, provider } = bucket;
  const patched =
    "set another name or address by `patch: { kubernetes: { kind: BackupStorageLocation, spec: { … } } }`";
  if (endpoint === undefined)
    return `Velero writes backups to the bucket ${name} with the credentials of its installation; ${patched}`;
  const secret = `the secret ${locationName(plan, name)} in the namespace ${VELERO_NAMESPACE} with the key ${CREDENTIAL_KEY}, a credentials file with the access and secret key of ${name}`;
  return provider.kind === "in-cluster"
    ? `Velero writes backups to ${name}: create ${secret} (docs/recovery.md, Volumes)`
    : `Velero writes backups to ${name}: create ${secret} (docs/recovery.md, Volumes); ${patched}`;
}

function neverTaken({ name, volume: { backups } }: StoredVolume): readonly Note[] {
  const { files, snapshot, taker, path } = backups;
  return taker.kind === "none" && (files ?? snapshot)
    ? [{ path, message: `backups of ${name} are never taken: ${taker.why}` }]
    : [];
}

function objectsNeverTaken(plan: Plan): readonly Note[] {
  const { objects } = plan.cluster.backups;
  const why = objectsNotTaken(plan);
  return objects && why !== undefined
    ? [{ path: objects.path, message: `backups of cluster objects are never taken: ${why}` }]
    : [];
}

function installation(schedules: readonly VeleroSchedule[]): readonly Note[] {
  const [first] = schedules;
  if (!first) return [];
  const files = schedules.some(({ kind }) => kind === "files");
  const snapshots = schedules.some(({ kind }) => kind === "snapshot");
  const byDefault = schedules.find(({ bucket }) => bucket === undefined);
  const needs = [
    ...(schedules.some(({ bucket }) => bucket !== undefined) ? ["its plug-in for AWS"] : []),
    ...(files ? ["its node agent"] : []),
    ...(snapshots ? ["EnableCSI and a VolumeSnapshotClass with the label velero.io/csi-volumesnapshot-class"] : []),
  ];
  return [
    {
      path: first.path,
      message: `declared backups require in the cluster: Velero in the namespace ${VELERO_NAMESPACE}${needs.length > 0 ? `, with ${formatList(needs)}` : ""}`,
    },
    ...(byDefault
      ? [
          {
            path: byDefault.path,
            message:
              "backups without a bucket are recorded in the default location of Velero, which its installation must have",
          },
        ]
      : []),
  ];
}
