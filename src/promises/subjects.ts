import type {
  BackupKind,
  BackupLimits,
  BackupSchedule,
  Backups,
  Entrance,
  Objectives,
  Path,
  PersistentVolume,
  Plan,
  Store,
  Unit,
} from "../plan/plan.js";
import { type BucketStore, isBucket, type ServerStore, storeTraits } from "../plan/stores/index.js";
import { persistentVolumesOf, type VolumeOwner, volumeOfBucket } from "../plan/velero.js";
import { parsePath } from "../platform-file/path.js";

/** A store that has server processes. */
export type Server = ServerStore;

/** The platform as a whole, for faults that leave nothing of it running. */
export interface WholePlatform {
  readonly name: string;
  /** Where the platform file declares the failure domains that it spans. */
  readonly path: Path;
  readonly objectives: Objectives;
}

/** An entrance, named by its path: an entrance may have the name of a unit. */
export interface EntranceSubject {
  readonly name: string;
  readonly path: Path;
  readonly objectives: Objectives;
  readonly entrance: Entrance;
}

export function entranceSubjects({ entrances }: Plan): readonly EntranceSubject[] {
  return entrances.map((entrance) => ({
    name: entrance.path,
    path: entrance.path,
    objectives: entrance.objectives,
    entrance,
  }));
}

/** A persistent volume of which Velero can take backups. */
export interface StoredVolume {
  readonly name: string;
  readonly path: Path;
  readonly objectives: Objectives;
  readonly volume: PersistentVolume;
  readonly owner: VolumeOwner;
  /** The fault that takes this volume alone. */
  readonly fault: "volume-loss" | "bucket-loss";
  /** The key of `backups` that declares copies of its files. */
  readonly filesKey: "files" | "full";
}

/** A persistent volume of a unit or of its sidecars, named after the element that declares it: `chroma/data`. */
export interface VolumeSubject extends StoredVolume {
  /** The unit whose replicas have it; of a service that runs beside several, the first. */
  readonly owner: Unit;
}

/** The volume of a bucket in the cluster; the row is that of the bucket. */
export function volumeOf(bucket: BucketStore): StoredVolume {
  const { name, path, objectives } = bucket;
  return {
    name,
    path,
    objectives,
    volume: volumeOfBucket(bucket),
    owner: bucket,
    fault: "bucket-loss",
    filesKey: "full",
  };
}

/** The persistent volumes of a plan, and those of its buckets in the cluster. */
export function storedVolumes(plan: Pick<Plan, "units" | "stores">): readonly StoredVolume[] {
  const buckets = plan.stores.filter(isBucket).filter(({ provider }) => provider.kind === "in-cluster");
  return [...volumeSubjects(plan), ...buckets.map(volumeOf)];
}

/** The persistent volumes of a plan, each once, in the order of its units. */
export function volumeSubjects({ units }: Pick<Plan, "units">): readonly VolumeSubject[] {
  const subjects = new Map(
    units
      .flatMap(volumesOf)
      .toReversed()
      .map((subject) => [subject.path, subject]),
  );
  return [...subjects.values()].toReversed();
}

/** The persistent volumes of a unit and of its sidecars. */
export function volumesOf(unit: Unit): readonly VolumeSubject[] {
  return persistentVolumesOf(unit).map((volume) => ({
    name: nameOfVolume(volume.path),
    path: volume.path,
    objectives: volume.objectives,
    volume,
    owner: unit,
    fault: "volume-loss",
    filesKey: "files",
  }));
}

/** `services.chroma.volumes.data` is `chroma/data`; a volume of a sidecar has its name between them. */
function nameOfVolume(path: Path): string {
  const [, ...segments] = parsePath(path);
  return segments.filter((segment) => segment !== "volumes" && segment !== "sidecars").join("/");
}

/** Whether a pod of the unit has a volume that outlives it, which only a StatefulSet provides per replica. */
export function hasPersistentVolume(unit: Unit): boolean {
  return persistentVolumesOf(unit).length > 0;
}

/** A schedule as the provider carries it out: the longer of the two intervals, the shorter of the two retention times. */
export interface TakenSchedule extends BackupSchedule {
  readonly declared: BackupSchedule;
  /** What the provider enforces. */
  readonly limits: BackupLimits | undefined;
}

/** The backups that are taken: of those declared, the kinds that the provider supports, at the provider's limits. */
export function takenBackups(server: Server): Record<BackupKind, TakenSchedule | undefined> & Pick<Backups, "path"> {
  const { backups, provider } = server;
  const of = (kind: BackupKind): TakenSchedule | undefined => {
    const schedule = backups[kind];
    if (!schedule || !provider.takes.includes(kind)) return undefined;
    const limits = provider.limits[kind];
    return {
      ...schedule,
      every: Math.max(schedule.every, limits?.every.value ?? 0),
      keep: Math.min(schedule.keep, limits?.keep?.value ?? Number.POSITIVE_INFINITY),
      declared: schedule,
      limits,
    };
  };
  return { path: backups.path, full: of("full"), log: of("log"), snapshot: of("snapshot") };
}

/** The whole backup that a restore starts from. Archived WAL can only be replayed on a full backup. */
export function restoreBase(server: Server): TakenSchedule | undefined {
  const { full, log, snapshot } = takenBackups(server);
  return full ?? (log ? undefined : snapshot);
}

/** Of the whole backups that are taken, the most frequent. */
export function mostFrequentBackup(server: Server): TakenSchedule | undefined {
  const { full, snapshot } = takenBackups(server);
  return full && snapshot ? (snapshot.every < full.every ? snapshot : full) : (full ?? snapshot);
}

/** Kinds of backup that are declared and that the provider does not take. */
export function unsupportedBackups({ backups, provider }: Store): readonly BackupKind[] {
  return (["full", "log", "snapshot"] as const).filter(
    (kind) => backups[kind] !== undefined && !provider.takes.includes(kind),
  );
}

/** Why a declared kind of backup is not taken. */
export function unsupportedReason(store: Store): string {
  const { provider } = store;
  if (isBucket(store) && store.taker.kind === "none") return store.taker.why;
  if (provider.takes.length > 0) return `${provider.product} does not take backups of this kind`;
  return provider.copies === "bucket"
    ? `${provider.product} takes no backups without a bucket (\`backups.to\`)`
    : `${provider.product} takes no backups`;
}

/** Another server takes over automatically. */
export function failsOver(server: Server): boolean {
  return server.provider.failover !== undefined && storeTraits(server).copies > 1;
}
