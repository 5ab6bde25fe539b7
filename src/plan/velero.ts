import { createHash } from "node:crypto";
import type { BackupSchedule, Path, PersistentVolume, Plan, Unit } from "./plan.js";

/** The namespace in which Velero is installed by default, and in which it reads its objects. */
export const VELERO_NAMESPACE = "velero";

/** One schedule of Velero: the volumes of one unit that are backed up in the same way, at the same times, to the same bucket. */
export interface VeleroSchedule {
  /** Unique in the namespace of Velero, where the schedules of every platform of the cluster are. */
  readonly name: string;
  readonly unit: Unit;
  readonly kind: "files" | "snapshot";
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

/** Every schedule that Velero needs for the volumes of the plan, in the order of its units. */
export function veleroSchedules(plan: Pick<Plan, "namespace" | "units">): readonly VeleroSchedule[] {
  return plan.units.flatMap((unit) => schedulesOf(plan, unit));
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
