import type { FaultExecutor } from "../target.js";
import { checkBackups, destroyStorage } from "./database-storage.js";

/** The data directory and the server are lost: the platform restores the newest backup and replays the archived WAL. */
export const databaseLoss: FaultExecutor = {
  id: "database-loss",
  title: "The database's data directory is lost under load",
  losesData: true,
  checkPreconditions: checkBackups,
  injections: async (target) => [
    destroyStorage(target, "the data directory is removed and PostgreSQL is killed with SIGKILL"),
  ],
  async verify(target, log) {
    const restore = target.backups.lastRestore();
    if (!restore) return [{ what: "nothing was restored", why: "the platform did not restore a backup" }];
    log(`restored from backup ${restore.backup}`);
    const kept = await target.pruneDestroyedStorage();
    if (kept) log(`the removed data directory is kept in ${kept} until the next drill`);
    return [];
  },
  async restoreState(target) {
    await target.pruneDestroyedStorage();
  },
};
