import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processIds, readProcessFile, workingDirectoryOf } from "../disk/proc.js";
import { processTable } from "../disk/ps.js";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";

/**
 * Stops a server that an earlier, killed Keelson left running on this data directory, and removes a stale pid file.
 * Returns what was done, for the log; undefined if there was nothing to do. Throws `postgres/stuck` if a process of the old
 * server does not exit.
 */
export async function endStrays(dataDirectory: string): Promise<string | undefined> {
  const pidFile = join(dataDirectory, "postmaster.pid");
  const pid = await readPid(pidFile);
  let done: string | undefined;
  if (pid !== undefined && (await isServerOf(pid, dataDirectory))) {
    // Fast shutdown first; then immediate shutdown, after which the next start recovers; then SIGKILL.
    for (const [signal, timeoutMs] of [
      ["SIGINT", 10_000],
      ["SIGQUIT", 5_000],
      ["SIGKILL", 2_000],
    ] as const) {
      signalIfAlive(pid, signal);
      if (await exited(pid, timeoutMs)) break;
    }
    done = `stopped the server that was still running (pid ${pid})`;
  } else if (pid !== undefined) {
    await rm(pidFile, { force: true });
    done = `removed the pid file of a server that no longer runs (pid ${pid})`;
  }
  // Backends outlive a killed postmaster for a short time, and a new one does not start beside them.
  const orphans = await serverProcesses(dataDirectory);
  for (const orphan of orphans) signalIfAlive(orphan, "SIGKILL");
  for (const orphan of orphans)
    if (!(await exited(orphan, 15_000)))
      throw new KeelsonError("postgres/stuck", `process ${orphan} still uses ${dataDirectory}`, {
        hint: `show what it waits for: ps -o pid,stat,wchan,cmd -p ${orphan}`,
      });
  return done;
}

export async function readPid(pidFile: string): Promise<number | undefined> {
  const text = await readIfPresent(pidFile);
  const pid = Number(text?.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** PostgreSQL processes whose working directory is this data directory. Empty on systems without /proc. */
export async function serverProcesses(dataDirectory: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processIds()) if (await isServerOf(pid, dataDirectory, "proc")) found.push(pid);
  return found;
}

async function isServerOf(pid: number, dataDirectory: string, only?: "proc"): Promise<boolean> {
  const cwd = await workingDirectoryOf(pid);
  if (cwd !== undefined || only === "proc") {
    // The name is followed by " (deleted)" if the directory was removed under a running server.
    if (cwd?.replace(/ \(deleted\)$/, "") !== dataDirectory) return false;
    return (await readProcessFile(pid, "comm"))?.trim() === "postgres";
  }
  const command = await processTable(["-o", "command=", "-p", String(pid)]);
  return basename(command.trim().split(" ")[0] ?? "") === "postgres" && command.includes(dataDirectory);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has exited already.
  }
}

async function exited(pid: number, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(20)) {
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
