import type { FaultExecutor } from "../target.js";
import { checkBackups, destroyStorage } from "./database-storage.js";

/**
 * The database is lost and one bit of its newest backup is flipped: the platform must reject that backup and restore the
 * one before it with the WAL since. The corrupted backup is taken for the drill and removed afterwards.
 */
export function backupCorruption(): FaultExecutor {
  let corrupted: string | undefined;
  return {
    id: "backup-corruption",
    title: "The database is lost and its newest backup is corrupted",
    losesData: true,
    async checkPreconditions(target, log) {
      const findings = await checkBackups(target, log);
      if (findings.length > 0) return findings;
      corrupted = await target.corruptNewestBackup();
      log(`took backup ${corrupted} and flipped one bit in it`);
      return [];
    },
    injections: async (target) => [
      destroyStorage(
        target,
        "the data directory is removed, PostgreSQL is killed with SIGKILL, and the newest backup is corrupted",
      ),
    ],
    async verify(target, log) {
      if (corrupted === undefined) return [];
      const restore = target.backups.lastRestore();
      const { verification } = await target.backups.verify(corrupted);
      if (verification?.valid !== false)
        return [
          {
            what: `the corrupted backup ${corrupted} counts as valid`,
            why: "verification did not detect the flipped bit",
          },
        ];
      log(`verification rejects ${corrupted}: ${verification.findings.join("; ")}`);
      if (!restore?.failedBackups.includes(corrupted))
        return [
          {
            what: "the restore did not try the corrupted backup",
            why: `the platform restored ${restore?.backup ?? "nothing"} without trying it`,
          },
        ];
      log(`restored from the backup before it, ${restore.backup}`);
      return [];
    },
    async restoreState(target) {
      if (corrupted !== undefined) await target.backups.remove(corrupted);
      await target.pruneDestroyedStorage();
    },
  };
}
