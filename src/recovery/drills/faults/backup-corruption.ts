import { collect, single } from "../../repository/repository.js";
import type { DrillTarget, FaultExecutor } from "../target.js";
import { inspectSafety, loseDatabase, removeMovedAway } from "./lost-database.js";

/**
 * The database is lost, and one bit of the newest backup is wrong: it must be refused, and the one before it restored
 * with the log since. The damaged backup is taken for the drill and removed afterwards; no other one is touched.
 */
export function backupCorruption(): FaultExecutor {
  let damaged: string | undefined;
  return {
    id: "backup-corruption",
    title: "The database is lost and a bit of its newest backup is wrong",
    async inspect(target, say) {
      const findings = await inspectSafety(target, say);
      if (findings.length > 0) return findings;
      const { manifest } = await target.recovery.take(false);
      damaged = manifest.id;
      await flipBit(target, manifest.base.name);
      say(`took backup ${manifest.id} and changed one bit in it`);
      return [];
    },
    strikes: async (target) => [
      loseDatabase(
        target,
        "the data directory is taken away, PostgreSQL is killed with -9, and the newest backup is damaged",
      ),
    ],
    async conclude(target, say) {
      if (damaged === undefined) return [];
      const restore = target.recovery.lastRestore();
      const { verification } = await target.recovery.verify(damaged);
      if (verification?.valid !== false)
        return [
          { what: `the damaged backup ${damaged} passed for valid`, why: "verification did not see the changed bit" },
        ];
      say(`verification refuses ${damaged}: ${verification.findings.join("; ")}`);
      if (!restore?.triedInVain.includes(damaged))
        return [
          {
            what: "the damaged backup was not met",
            why: `the platform restored ${restore?.backup ?? "nothing"} without trying it`,
          },
        ];
      say(`restored from the one before it, ${restore.backup}`);
      return [];
    },
    async tidy(target) {
      if (damaged !== undefined) await target.recovery.remove(damaged);
      await removeMovedAway(target.databaseDirectory);
    },
  };
}

async function flipBit({ repository }: DrillTarget, name: string): Promise<void> {
  const content = await collect(repository.get(name));
  const at = Math.floor(content.byteLength / 2);
  content[at] = (content[at] ?? 0) ^ 1;
  await repository.put(name, single(content));
}
