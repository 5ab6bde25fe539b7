import { createHash } from "node:crypto";
import type { BackupSchedule, Path, PersistentVolume, Plan, Unit } from "./plan.js";

/** The namespace in which Velero is installed by default, and in which it reads its objects. */
export const VELERO_NAMESPACE = "velero";

/**
 * One schedule of Velero: the volumes of one unit that are backed up in the same way, at the same times, to the same bucket; or the
 * objects of the namespace, without volumes.
 */
export interface VeleroSchedule {
  /** Unique in the namespace of Velero, where the schedules of every platform of the cluster are. */
  readonly name: string;
  /** Undefined for the objects of the namespace. */
  readonly unit: Unit | undefined;
  readonly kind: "files" | "snapshot" | "objects";
  readonly schedule: BackupSchedule;
  /** The bucket that it writes to; undefined: the default location of the installation, for snapshots without `to`. */
  readonly bucket: string | undefined;
  readonly volumes: readonly PersistentVolume[];
  /** Where the platform file declares the first of them. */
  readonly path: Path;
}

/** The persistent volumes of a unit and of its sidecars, as the platform file names them. */
export function persistentVolumesOf({ volumes, sidecars }: Unit): readonly PersistentVolume[] {
  return [...volumes, ...sidecars.flatMap((sidecar) => sidecar.volumes)].filter(
    (volume): volume is PersistentVolume => volume.kind === "persistent",
  );
}

/** Every schedule that Velero needs: for the volumes, in the order of the units, and for the objects of the namespace. */
export function veleroSchedules(plan: Plan): readonly VeleroSchedule[] {
  return [...plan.units.flatMap((unit) => schedulesOf(plan, unit)), ...schedulesOfObjects(plan)];
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
    unit: undefined,
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
  unit: Unit,
  { path }: Pick<PersistentVolume, "path">,
): readonly VeleroSchedule[] {
  return schedulesOf(plan, unit).filter(({ volumes }) => volumes.some((each) => each.path === path));
}

function schedulesOf({ namespace }: Pick<Plan, "namespace">, unit: Unit): readonly VeleroSchedule[] {
  const groups = new Map<string, Omit<VeleroSchedule, "name" | "volumes"> & { volumes: PersistentVolume[] }>();
  for (const volume of persistentVolumesOf(unit)) {
    const { files, snapshot, taker, path } = volume.backups;
    const schedule = files ?? snapshot;
    if (taker.kind !== "velero" || !schedule) continue;
    const kind = files ? "files" : "snapshot";
    for (const bucket of taker.sendsTo.length > 0 ? taker.sendsTo : [undefined]) {
      const key = [kind, bucket, schedule.every, schedule.at, schedule.keep].join(" ");
      const group = groups.get(key);
      if (group) group.volumes.push(volume);
      else groups.set(key, { unit, kind, schedule, bucket, volumes: [volume], path });
    }
  }
  return [...groups].map(([key, group]) => ({ ...group, name: nameOf(namespace, unit.name, key) }));
}

/** The longest name of a schedule: Velero appends the time to it for the name of a backup, which is also a label of 63 characters. */
const MAX_LENGTH = 48;

/** Readable, and unique by the hash of what distinguishes the schedules of one unit. */
function nameOf(namespace: string, unit: string, key: string): string {
  const hash = createHash("sha256").update(`${namespace} ${unit} ${key}`).digest("hex").slice(0, 8);
  return `${`${namespace}-${unit}`.slice(0, MAX_LENGTH - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
