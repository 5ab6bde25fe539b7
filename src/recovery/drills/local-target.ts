import { isSystemError } from "../../disk/disk-errors.js";
import { stagedPlaces } from "../../disk/mount-point.js";
import { processIds, readProcessFile } from "../../disk/proc.js";
import { removeTree } from "../../disk/remove-tree.js";
import type { Plan } from "../../plan/plan.js";
import type { Repository } from "../repository/repository.js";
import { moveAway } from "../restore/move-into-place.js";
import type { Recovery } from "../service/recovery.js";
import type { DrillClients, DrillTarget, TargetProcess } from "./target.js";
import { postgresVersion, readUsageLedger } from "./usage-ledger.js";
import { openWriter } from "./writer.js";

/** A platform that runs as processes of this machine. */
export interface LocalPlatform {
  readonly plan: Plan;
  readonly clients: DrillClients;
  readonly databaseUrl: string;
  /** The database's data directory. */
  readonly databaseDirectory: string;
  readonly recovery: Recovery;
  readonly repository: Repository;
  /** The processes that the supervisor started. */
  processes(): Promise<readonly TargetProcess[]>;
  onEvent(listener: (what: string) => void): () => void;
}

/** First part of the name of a data directory that a drill moved aside. */
const ASIDE = "lost-in-drill-";

/** The drill target for `keelson up`. */
export function localTarget(platform: LocalPlatform): DrillTarget {
  const { databaseUrl, databaseDirectory, recovery, repository } = platform;
  async function processes(): Promise<readonly TargetProcess[]> {
    const supervised = await platform.processes();
    return [...supervised, ...(await engineProcesses(supervised))];
  }
  return {
    plan: platform.plan,
    clients: platform.clients,
    backups: recovery,
    processes,
    async signalProcess(pid, signal) {
      kill(pid, signal);
    },
    /**
     * The directory, or its content if it is a mount point, is moved, not deleted. To the server both are the same, and what the platform wrote since its last
     * archived segment can still be recovered from it by hand.
     */
    async destroyDatabaseStorage() {
      const servers = (await platform.processes()).filter(({ kind }) => kind === "postgres");
      await moveAway(databaseDirectory, `${ASIDE}${Date.now()}`);
      for (const { pid } of servers) if (pid !== undefined) kill(pid, "SIGKILL");
    },
    async pruneDestroyedStorage() {
      const kept = await stagedPlaces(databaseDirectory, ASIDE);
      for (const directory of kept.slice(0, -1)) await removeTree(directory);
      return kept.at(-1);
    },
    async corruptNewestBackup() {
      const { manifest } = await recovery.take(false);
      await flipBit(repository, manifest.base.name);
      return manifest.id;
    },
    openWriter: () => openWriter(databaseUrl),
    readAcknowledged: (ids) => readUsageLedger(databaseUrl, ids),
    databaseVersion: () => postgresVersion(databaseUrl),
    onEvent: (listener) => platform.onEvent(listener),
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(isSystemError(error) && error.code === "ESRCH")) throw error;
  }
}

/** Engine processes: children that the engine module forked from a serving process. Linux only, by /proc; else none. */
async function engineProcesses(supervised: readonly TargetProcess[]): Promise<TargetProcess[]> {
  const parents = new Set(supervised.filter(({ kind }) => kind === "serve").map(({ pid }) => pid));
  const found: TargetProcess[] = [];
  for (const pid of await processIds()) {
    const stat = (await readProcessFile(pid, "stat")) ?? "";
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || !parents.has(Number(parent))) continue;
    const command = await readProcessFile(pid, "cmdline");
    if (command?.includes("/engine/child/"))
      found.push({ name: `engine ${pid}`, kind: "engine", pid, running: true, units: [] });
  }
  return found;
}

async function flipBit(repository: Repository, name: string): Promise<void> {
  const stored = (await repository.list(name)).find((object) => object.name === name);
  const middle = Math.floor((stored?.bytes ?? 0) / 2);
  async function* flipped(): AsyncIterable<Uint8Array> {
    let done = 0;
    for await (const chunk of repository.get(name)) {
      const at = middle - done;
      done += chunk.byteLength;
      if (at < 0 || at >= chunk.byteLength) yield chunk;
      else yield chunk.map((byte, n) => (n === at ? byte ^ 1 : byte));
    }
  }
  await repository.put(name, flipped());
}
