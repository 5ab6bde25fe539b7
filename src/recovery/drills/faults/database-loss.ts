import type { FaultExecutor } from "../target.js";
import { inspectSafety, loseDatabase, movedAway, removeMovedAway } from "./lost-database.js";

/** The data directory is gone and the server with it: the platform restores the newest backup and the log since. */
export const databaseLoss: FaultExecutor = {
  id: "database-loss",
  title: "The database's data directory is lost under load",
  inspect: inspectSafety,
  strikes: async (target) => [
    loseDatabase(target, "the data directory is taken away and PostgreSQL is killed with -9"),
  ],
  async conclude(target, say) {
    const restore = target.recovery.lastRestore();
    if (!restore) return [{ what: "nothing was restored", why: "the platform came back without a restore" }];
    say(`restored from backup ${restore.backup}`);
    const [kept] = (await movedAway(target.databaseDirectory)).slice(-1);
    if (kept) say(`what was lost is kept in ${kept}, until the next drill`);
    return [];
  },
  tidy: (target) => removeMovedAway(target.databaseDirectory),
};
