import type { BackupKind, BackupLimits, BackupSchedule, Backups, Plan, Store, Unit } from "../plan/plan.js";
import { hasServers, type ServerStore, storeTraits } from "../plan/stores/index.js";

/** A store that has server processes. */
export type Server = ServerStore;

export function isUnit<Other extends Store>(subject: Unit | Other): subject is Unit {
  return "role" in subject;
}

/** A schedule as it is kept: `every` at the longer of the two intervals, `keep` for the shorter of the two times. */
export interface TakenSchedule extends BackupSchedule {
  readonly declared: BackupSchedule;
  /** What the provider sets itself. */
  readonly limits: BackupLimits | undefined;
}

/** The backups that are really taken: of what the file declares, what the provider can do, as often and as long as it does. */
export function taken(server: Server): Record<BackupKind, TakenSchedule | undefined> & Pick<Backups, "path"> {
  const { backups, provider } = server;
  const of = (kind: BackupKind): TakenSchedule | undefined => {
    const schedule = backups[kind];
    if (!schedule || !provider.takes.includes(kind)) return undefined;
    const limits = provider.limits[kind];
    return {
      ...schedule,
      every: Math.max(schedule.every, limits?.every.value ?? 0),
      keep: Math.min(schedule.keep, limits?.keep.value ?? Number.POSITIVE_INFINITY),
      declared: schedule,
      limits,
    };
  };
  return { path: backups.path, full: of("full"), log: of("log"), snapshot: of("snapshot") };
}

/** The whole copy that a restore begins with. A shipped log can only be replayed on a full backup. */
export function restoreBase(server: Server): TakenSchedule | undefined {
  const { full, log, snapshot } = taken(server);
  return full ?? (log ? undefined : snapshot);
}

/** Of the whole copies that are taken, the one that is taken most often. */
export function oftenest(server: Server): TakenSchedule | undefined {
  const { full, snapshot } = taken(server);
  return full && snapshot ? (snapshot.every < full.every ? snapshot : full) : (full ?? snapshot);
}

/** Kinds of backup that the file declares and nobody takes. */
export function untaken({ backups, provider }: Server): readonly BackupKind[] {
  return (["full", "log", "snapshot"] as const).filter(
    (kind) => backups[kind] !== undefined && !provider.takes.includes(kind),
  );
}

/** Why a declared kind of backup is not taken, after the provider's name. */
export function takesNone({ provider }: Server): string {
  return provider.copies === "bucket" && provider.takes.length === 0
    ? `${provider.product} takes none without a bucket to send it to (\`backups.to\`)`
    : `${provider.product} takes none`;
}

/** A copy takes over by itself. */
export function failsOver(server: Server): boolean {
  return server.provider.failover !== undefined && storeTraits(server).copies > 1;
}

/** Units and servers: what has processes. */
export function running(plan: Plan): readonly (Unit | Server)[] {
  return [...plan.units, ...plan.stores.filter(hasServers)];
}
