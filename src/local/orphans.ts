import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isSystemError } from "../disk/disk-errors.js";
import { isAlive, killOwner, type Owner, ownerOfProcess } from "../disk/lock.js";
import { processIds, readProcessFile } from "../disk/proc.js";
import { processTable } from "../disk/ps.js";
import { isAbsent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Layout } from "./layout.js";

/** From SIGKILL to the exit: the operating system may have to close files on a slow disk. */
const KILL_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 100;

/** A `keelson serve` whose supervisor was killed. */
export interface Orphan extends Owner {
  /** The plan's unit that it runs; undefined if it runs the whole platform. */
  readonly unit: string | undefined;
}

/**
 * Waits for the `keelson serve` processes that a killed `keelson up` has left on this data directory: they complete their requests
 * in flight, write the usage of each to disk, and exit by themselves. One that still runs after `limit` milliseconds (by its unit)
 * is killed, and its requests in flight are lost. The caller holds the lock of the data directory, so that no running supervisor
 * owns any of them. Throws `platform/orphan` for one that cannot be killed, and the reason of `signal`.
 */
export async function waitForOrphans(
  places: Pick<Layout, "modules">,
  limit: (unit: string | undefined) => number,
  onProgress: (what: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const orphans = await orphansOf(places);
  await Promise.all(
    orphans.map(async (orphan) => {
      if (await waitFor(orphan, limit(orphan.unit), onProgress, signal)) return;
      throw new KeelsonError("platform/orphan", `process ${orphan.pid} of an earlier platform cannot be stopped`, {
        hint: `it uses ${places.modules}; to inspect what it waits for: ps -o pid,user,stat,wchan,cmd -p ${orphan.pid}`,
      });
    }),
  );
}

/** True once it has exited. */
async function waitFor(
  orphan: Orphan,
  limit: number,
  onProgress: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { pid } = orphan;
  const seconds = Math.ceil(limit / 1000);
  onProgress(
    `waiting for process ${pid} of a killed platform to finish its requests and write their usage (at most ${seconds} s)`,
  );
  for (
    const end = performance.now() + limit;
    performance.now() < end;
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  ) {
    if (!(await isAlive(orphan))) {
      onProgress(`process ${pid} has finished`);
      return true;
    }
  }
  onProgress(`process ${pid} has not finished within ${seconds} s; killing it`);
  return killOwner(orphan, KILL_TIMEOUT_MS);
}

/** Every `keelson serve` whose data directory, by its command line, is below `modules` of this platform. */
export async function orphansOf({ modules }: Pick<Layout, "modules">): Promise<Orphan[]> {
  const home = await realpath(modules).catch((error: unknown) => {
    if (isAbsent(error)) return modules;
    throw error;
  });
  const found: Orphan[] = [];
  for (const { pid, words } of await commandLines()) {
    const at = words.findIndex(
      (word, index) => index > 0 && word === "serve" && /keelson(\.js)?$/.test(words[index - 1] ?? ""),
    );
    if (at < 0 || pid === process.pid) continue;
    const data = after(words, at, "--data");
    if (data === undefined || !(await real(data)).startsWith(`${home}${sep}`)) continue;
    const owner = await ownerOfProcess(pid);
    if (owner !== undefined) found.push({ ...owner, unit: after(words, at, "--unit") });
  }
  return found;
}

function after(words: readonly string[], from: number, option: string): string | undefined {
  const at = words.indexOf(option, from);
  return at < 0 ? undefined : words[at + 1];
}

/**
 * The data directory of another process. If it was removed, or this user has no access to it, the path as given: a directory
 * below the modules of this platform is accessible.
 */
async function real(path: string): Promise<string> {
  return realpath(path).catch((error: unknown) => {
    if (isAbsent(error) || (isSystemError(error) && (error.code === "EACCES" || error.code === "EPERM"))) return path;
    throw error;
  });
}

async function commandLines(): Promise<{ readonly pid: number; readonly words: readonly string[] }[]> {
  if (process.platform !== "linux") return commandLinesOfPs();
  const pids = (await processIds()).filter((pid) => pid > 1);
  return Promise.all(
    pids.map(async (pid) => {
      const line = (await readProcessFile(pid, "cmdline")) ?? "";
      return { pid, words: line.split("\0") };
    }),
  );
}

/** Without /proc the arguments cannot be separated reliably: a path with a space is not recognised. */
async function commandLinesOfPs(): Promise<{ readonly pid: number; readonly words: readonly string[] }[]> {
  const table = await processTable(["-axww", "-o", "pid=,args="]);
  return table.split("\n").flatMap((line) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || args === undefined ? [] : [{ pid: Number(pid), words: args.split(" ") }];
  });
}
