import { setTimeout as sleep } from "node:timers/promises";
import type { RecoveryReport } from "../contracts/recovery.js";
import { diskSpace } from "../disk/space.js";
import { messageOf } from "../errors/thrown.js";
import { moduleDatabases } from "../plan/stores/index.js";
import { type Backup, usable } from "../recovery/backup/catalogue.js";
import { dataSize, outerTablespaces } from "../recovery/backup/data-directory.js";
import { recoveryProblems } from "../recovery/problems.js";
import type { Platform } from "./platform.js";

/** The state of backups, WAL archive and database of a running platform, with what is wrong. */
export async function recoveryReport({
  running,
  plan,
  recovery,
  databaseDirectory,
}: Platform): Promise<RecoveryReport> {
  const { archive, next, busy, failing, requested } = recovery.state();
  const [database] = moduleDatabases(plan);
  const stored = await storedBackups(recovery);
  const tablespaces = await outerTablespaces(databaseDirectory);
  const report: Omit<RecoveryReport, "problems"> = {
    backups: {
      place: running.backups,
      ...("backups" in stored && summary(stored.backups)),
      ...{ next, busy, requested },
      failing: failing ?? ("failing" in stored ? stored.failing : undefined),
    },
    ...(archive && {
      archive: {
        archived: archive.archived,
        last: archive.last,
        failing: archive.failing && { what: archive.failing.name, ...archive.failing },
        backlog: archive.backlog,
      },
    }),
    ...(database && {
      database: {
        name: database.name,
        size: await dataSize(databaseDirectory),
        declared: database.size,
        ...(tablespaces.length > 0 && { tablespaces: [...tablespaces] }),
        disk: await diskSpace(databaseDirectory),
      },
    }),
    measured: "backups" in stored ? measured(stored.backups) : undefined,
  };
  const expected = { logEvery: database?.backups.log?.every, fullEvery: database?.backups.full?.every };
  return { ...report, problems: recoveryProblems(report, expected, Date.now()) };
}

/** Timeout of the backup repository: everything else is reported without it. */
const CATALOGUE_TIMEOUT_MS = 3_000;

async function storedBackups(
  recovery: Pick<Platform["recovery"], "catalogue">,
): Promise<
  { readonly backups: readonly Backup[] } | { readonly failing: NonNullable<RecoveryReport["backups"]["failing"]> }
> {
  const received = new AbortController();
  try {
    const timeout = sleep(CATALOGUE_TIMEOUT_MS, undefined, { signal: received.signal }).then(() => {
      throw new Error(`the repository has not responded for ${CATALOGUE_TIMEOUT_MS / 1000} s`);
    });
    return await Promise.race([recovery.catalogue(), timeout]);
  } catch (error) {
    return { failing: { what: "catalogue", since: Date.now(), reason: messageOf(error) } };
  } finally {
    received.abort();
  }
}

function summary(backups: readonly Backup[]): Omit<RecoveryReport["backups"], "place"> {
  const newest = usable(backups).at(-1);
  const valid = newestValid(backups);
  const unusable = backups.filter(({ opens, origin }) => !opens || origin === "other-key").length;
  return {
    count: backups.length,
    ...(unusable > 0 && { unusable }),
    newest: newest && {
      id: newest.manifest.id,
      at: newest.manifest.finishedAt,
      valid: newest.verification?.valid,
    },
    newestValid: valid && { id: valid.manifest.id, at: valid.manifest.finishedAt },
  };
}

function newestValid(backups: readonly Backup[]): Backup | undefined {
  return usable(backups).findLast(({ verification }) => verification?.valid === true);
}

function measured(backups: readonly Backup[]): RecoveryReport["measured"] {
  const backup = newestValid(backups);
  if (backup?.verification === undefined) return undefined;
  const { at, restoreMs, replayMs } = backup.verification;
  return { backup: backup.manifest.id, at, size: backup.manifest.size, restoreMs, replayMs };
}
