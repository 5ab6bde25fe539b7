import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readOwned } from "../disk/owned-file.js";
import { processIds, readProcessFile, workingDirectoryOf } from "../disk/proc.js";
import { processTable } from "../disk/ps.js";
import { isAbsent, lstatIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { ServerUser } from "./server-user.js";

/** The user that the server of a data directory runs as. */
type Owner = Pick<ServerUser, "uid">;

/**
 * Stops a server that an earlier, killed Keelson left running on this data directory, and removes a stale pid file.
 * Returns what was done, for the log; undefined if there was nothing to do. Throws `postgres/stuck` if a process of the old
 * server does not exit. By default the server's user is the owner of the data directory.
 */
export async function endStrays(dataDirectory: string, user?: Owner): Promise<string | undefined> {
  const owner = user ?? (await ownerOf(dataDirectory));
  const pid = await readPid(dataDirectory);
  let done: string | undefined;
  if (pid !== undefined && (await isServerOf(pid, dataDirectory, owner))) {
    // Fast shutdown first; then immediate shutdown, after which the next start recovers; then SIGKILL.
    for (const [signal, timeoutMs] of [
      ["SIGINT", 10_000],
      ["SIGQUIT", 5_000],
      ["SIGKILL", 2_000],
    ] as const) {
      signalIfAlive(pid, signal);
      if (await exited(pid, timeoutMs)) break;
    }
    // A killed server leaves it, and it says that the server is ready.
    await rm(join(dataDirectory, PID_FILE), { force: true });
    done = `stopped the server that was still running (pid ${pid})`;
  } else if (pid !== undefined) {
    await rm(join(dataDirectory, PID_FILE), { force: true });
    done = `removed the pid file of a server that no longer runs (pid ${pid})`;
  }
  // Backends outlive a killed postmaster for a short time, and a new one does not start beside them.
  const orphans = await serverProcesses(dataDirectory, owner);
  for (const orphan of orphans) signalIfAlive(orphan, "SIGKILL");
  for (const orphan of orphans)
    if (!(await exited(orphan, 15_000)))
      throw new KeelsonError("postgres/stuck", `process ${orphan} still uses ${dataDirectory}`, {
        hint: `show what it waits for: ps -o pid,stat,wchan,cmd -p ${orphan}`,
      });
  return done;
}

const PID_FILE = "postmaster.pid";

/** The lines of the server's pid file; empty without one. */
export async function pidFileLines(dataDirectory: string): Promise<readonly string[]> {
  try {
    return (await readOwned(dataDirectory, PID_FILE)).toString("utf8").split("\n");
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/**
 * The id of the server's main process; undefined if none runs. The number in the pid file is written by the server's user: it
 * counts only if that process is a PostgreSQL server of this user on this data directory, because root sends it signals.
 */
export async function serverPid(dataDirectory: string, user: Owner): Promise<number | undefined> {
  const pid = await readPid(dataDirectory);
  return pid !== undefined && (await isServerOf(pid, dataDirectory, user)) ? pid : undefined;
}

async function readPid(dataDirectory: string): Promise<number | undefined> {
  const [first] = await pidFileLines(dataDirectory);
  const pid = Number(first);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** PostgreSQL processes whose working directory is this data directory. Empty on systems without /proc. */
export async function serverProcesses(dataDirectory: string, user?: Owner): Promise<number[]> {
  const owner = user ?? (await ownerOf(dataDirectory));
  const found: number[] = [];
  for (const pid of await processIds()) if (await isServerOf(pid, dataDirectory, owner, "proc")) found.push(pid);
  return found;
}

/** Undefined for a data directory that no longer exists. */
async function ownerOf(dataDirectory: string): Promise<Owner | undefined> {
  return lstatIfPresent(dataDirectory);
}

async function isServerOf(
  pid: number,
  dataDirectory: string,
  owner: Owner | undefined,
  only?: "proc",
): Promise<boolean> {
  const cwd = await workingDirectoryOf(pid);
  if (cwd !== undefined || only === "proc") {
    // The name is followed by " (deleted)" if the directory was removed under a running server.
    if (cwd?.replace(/ \(deleted\)$/, "") !== dataDirectory) return false;
    const status = await readProcessFile(pid, "status");
    const [, comm, uid] = /^Name:\s*(.*)[\s\S]*?^Uid:\s*(\d+)/m.exec(status ?? "") ?? [];
    return comm === "postgres" && (owner === undefined || Number(uid) === owner.uid);
  }
  const [line = ""] = (await processTable(["-o", "uid=,command=", "-p", String(pid)])).trim().split("\n");
  const [, uid, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
  return (
    basename(command.split(" ")[0] ?? "") === "postgres" &&
    command.includes(dataDirectory) &&
    (owner === undefined || Number(uid) === owner.uid)
  );
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has exited already.
  }
}

async function exited(pid: number, timeoutMs: number): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(20)) {
    const state = await readProcessFile(pid, "stat");
    // A zombie holds no resources; its parent may be slow to reap it.
    if (state !== undefined && /\) [ZX] /.test(state)) return true;
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}
