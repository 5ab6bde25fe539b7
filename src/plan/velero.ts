import { createHash } from "node:crypto";
import type { BackupSchedule, Bucket, Path, PersistentVolume, Plan, Store, Unit } from "./plan.js";

/** The namespace in which Velero is installed by default, and in which it reads its objects. */
export const VELERO_NAMESPACE = "velero";

/**
 * One schedule of Velero: the volumes of one unit or bucket that are backed up in the same way, at the same times, to the same bucket; or the
 * objects of the namespace, without volumes.
 */
export interface VeleroSchedule {
  /** Unique in the namespace of Velero, where the schedules of every platform of the cluster are. */
  readonly name: string;
  /** Undefined for the objects of the namespace. */
  readonly owner: VolumeOwner | undefined;
  readonly kind: "files" | "snapshot" | "objects";
  readonly schedule: BackupSchedule;
  /** The bucket that it writes to; undefined: the default location of the installation, for snapshots without `to`. */
  readonly bucket: string | undefined;
  readonly volumes: readonly PersistentVolume[];
  /** Where the platform file declares the first of them. */
  readonly path: Path;
}

/** What has volumes of which Velero takes backups: a unit, or a bucket in the cluster. */
export type VolumeOwner = Unit | Bucket;

export function isUnit(owner: VolumeOwner): owner is Unit {
  return "sidecars" in owner;
}

/** Elements with volumes, in the order of the plan. */
export function volumeOwners({ units, stores }: Pick<Plan, "units" | "stores">): readonly VolumeOwner[] {
  return [...units, ...stores.filter(isVolumeOwner)];
}

/** Whether the data of a store is one volume of the cluster, with backups as those of a unit's. */
export function isVolumeOwner(store: Store): store is Bucket {
  return "taker" in store && store.provider.kind === "in-cluster";
}

/** The name of the volume of a bucket, in its pod and of its claim. */
const DATA_VOLUME = "data";

/** The volume of a bucket in the cluster: a full backup of the bucket is a copy of its files. */
export function volumeOfBucket({ path, size, backups, objectives, taker }: Bucket): PersistentVolume {
  const { full, snapshot, to } = backups;
  return {
    kind: "persistent",
    name: DATA_VOLUME,
    path,
    mount: "/data",
    size,
    backups: { path: backups.path, files: full, snapshot, to, taker },
    objectives,
  };
}

/** The persistent volumes of a unit and of its sidecars, as the platform file names them, or the one of a bucket. */
export function persistentVolumesOf(owner: VolumeOwner): readonly PersistentVolume[] {
  if (!isUnit(owner)) return [volumeOfBucket(owner)];
  const { volumes, sidecars } = owner;
  return [...volumes, ...sidecars.flatMap((sidecar) => sidecar.volumes)].filter(
    (volume): volume is PersistentVolume => volume.kind === "persistent",
  );
}

/** Every schedule that Velero needs: for the volumes, in the order of units and buckets, and for the objects of the namespace. */
export function veleroSchedules(plan: Plan): readonly VeleroSchedule[] {
  return [...volumeOwners(plan).flatMap((owner) => schedulesOf(plan, owner)), ...schedulesOfObjects(plan)];
}

/** Why the declared backups of the objects are not taken; undefined if they are, or if none is declared. */
export function objectsNotTaken({ cluster, provide, stores }: Plan): string | undefined {
  const { backups } = cluster;
  if (!backups.objects) return undefined;
  if (provide === "embedded") return "one machine has no cluster objects";
  if (backups.objects.every === 0) return "Velero takes backups at intervals, not on change";
  return backups.to.length > 0 && bucketsOfObjects({ cluster, stores }).length === 0
    ? `${backups.to.join(" and ")} is a folder of one machine`
    : undefined;
}

/** The buckets of `cluster.backups.to` that Velero can write to. */
function bucketsOfObjects({ cluster, stores }: Pick<Plan, "cluster" | "stores">): readonly string[] {
  return stores
    .filter(({ name, provider }) => cluster.backups.to.includes(name) && provider.kind !== "embedded")
    .map(({ name }) => name);
}

function schedulesOfObjects(plan: Plan): readonly VeleroSchedule[] {
  const { objects, to } = plan.cluster.backups;
  if (!objects || objectsNotTaken(plan) !== undefined) return [];
  return (to.length > 0 ? bucketsOfObjects(plan) : [undefined]).map((bucket) => ({
    name: nameOf(plan.namespace, "objects", ["objects", bucket].join(" ")),
    owner: undefined,
    kind: "objects",
    schedule: objects,
    bucket,
    volumes: [],
    path: objects.path,
  }));
}

/** The schedules that back one volume up. */
export function schedulesOfVolume(
  plan: Pick<Plan, "namespace">,
  owner: VolumeOwner,
  { path }: Pick<PersistentVolume, "path">,
): readonly VeleroSchedule[] {
  return schedulesOf(plan, owner).filter(({ volumes }) => volumes.some((each) => each.path === path));
}

function schedulesOf({ namespace }: Pick<Plan, "namespace">, owner: VolumeOwner): readonly VeleroSchedule[] {
  const groups = new Map<string, Omit<VeleroSchedule, "name" | "volumes"> & { volumes: PersistentVolume[] }>();
  for (const volume of persistentVolumesOf(owner)) {
    const { files, snapshot, taker, path } = volume.backups;
    const schedule = files ?? snapshot;
    if (taker.kind !== "velero" || !schedule) continue;
    const kind = files ? "files" : "snapshot";
    for (const bucket of taker.sendsTo.length > 0 ? taker.sendsTo : [undefined]) {
      const key = [kind, bucket, schedule.every, schedule.at, schedule.keep].join(" ");
      const group = groups.get(key);
      if (group) group.volumes.push(volume);
      else groups.set(key, { owner, kind, schedule, bucket, volumes: [volume], path });
    }
  }
  return [...groups].map(([key, group]) => ({ ...group, name: nameOf(namespace, owner.name, key) }));
}

/** The longest name of a schedule: Velero appends the time to it for the name of a backup, which is also a label of 63 characters. */
const MAX_LENGTH = 48;

/** Readable, and unique by the hash of what distinguishes the schedules of one element. */
function nameOf(namespace: string, element: string, key: string): string {
  const hash = createHash("sha256").update(`${namespace} ${element} ${key}`).digest("hex").slice(0, 8);
  return `${`${namespace}-${element}`.slice(0, MAX_LENGTH - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
