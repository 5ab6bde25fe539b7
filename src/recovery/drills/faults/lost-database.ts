import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readdirIfPresent } from "../../../disk/read.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import type { DrillTarget, Finding, Strike } from "../target.js";

const ASIDE = ".lost-in-drill-";
/** At least so long is waited for a segment of the log, however short its interval. */
const LEAST_PATIENCE = 10_000;

/**
 * What a loss of the database can be survived with, tried before anything is destroyed: the newest backup is restored
 * and compared, and the log is seen to reach the repository within its declared interval.
 */
export async function inspectSafety(target: DrillTarget, say: (what: string) => void): Promise<readonly Finding[]> {
  return [...(await inspectBackup(target, say)), ...(await inspectLog(target, say))];
}

async function inspectBackup(target: DrillTarget, say: (what: string) => void): Promise<Finding[]> {
  const { backups } = await target.recovery.catalogue();
  const newest = backups.at(-1);
  if (!newest) {
    say("there is no backup yet: taking one");
    const outcome = await tried(() => target.recovery.take(true));
    return "why" in outcome ? [{ what: "no backup can be taken", why: outcome.why }] : invalid(outcome.value);
  }
  say(`restoring backup ${newest.manifest.id} into a clean place, to see that it can be`);
  const outcome = await tried(() => target.recovery.verify(newest.manifest.id));
  if ("why" in outcome) return [{ what: `backup ${newest.manifest.id} cannot be tried`, why: outcome.why }];
  return invalid(outcome.value);
}

function invalid({ manifest, verification }: Awaited<ReturnType<DrillTarget["recovery"]["verify"]>>): Finding[] {
  if (verification?.valid) return [];
  return [
    { what: `backup ${manifest.id} is not valid`, why: verification?.findings.join("; ") ?? "it was never restored" },
  ];
}

async function inspectLog(target: DrillTarget, say: (what: string) => void): Promise<Finding[]> {
  const [database] = moduleDatabases(target.plan);
  const interval = database?.backups.log?.every;
  if (interval === undefined)
    return [
      {
        what: "the log is not archived",
        why: "no `log` is declared: everything since the newest backup would be lost",
      },
    ];
  const outcome = await tried(() => target.recovery.probeArchive(Math.max(interval, LEAST_PATIENCE)));
  if ("why" in outcome) return [{ what: "the log is not archived", why: outcome.why }];
  say(`a segment of the log reached the repository after ${outcome.value} ms`);
  return [];
}

async function tried<T>(work: () => Promise<T>): Promise<{ value: T } | { why: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof KeelsonError) return { why: error.message };
    throw error;
  }
}

/**
 * The data directory is gone and the server is killed, at once. It is moved, not deleted, which is the same to a server:
 * what a real platform may have written since its last archived segment can still be had from it.
 */
export function loseDatabase(target: DrillTarget, what: string): Strike {
  let before: number | undefined;
  return {
    what,
    subjects: moduleDatabases(target.plan).map(({ name }) => name),
    seenBy: "write",
    async strike() {
      const server = (await target.processes()).find((process) => process.kind === "postgres");
      before = server?.pid;
      await rename(target.databaseDirectory, `${target.databaseDirectory}${ASIDE}${Date.now()}`);
      if (before !== undefined) process.kill(before, "SIGKILL");
    },
    async repaired() {
      const server = (await target.processes()).find((process) => process.kind === "postgres");
      return server?.phase === "running" && server.pid !== before;
    },
  };
}

/** Data directories that drills have moved away, the oldest first. */
export async function movedAway(databaseDirectory: string): Promise<string[]> {
  const home = dirname(databaseDirectory);
  return ((await readdirIfPresent(home)) ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${basename(databaseDirectory)}${ASIDE}`))
    .sort()
    .map((name) => join(home, name));
}

/** Keeps only the one that the newest drill has moved away. */
export async function removeMovedAway(databaseDirectory: string): Promise<void> {
  for (const directory of (await movedAway(databaseDirectory)).slice(0, -1))
    await rm(directory, { recursive: true, force: true });
}
