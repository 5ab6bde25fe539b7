import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { processIds, readProcessFile, workingDirectoryOf } from "../disk/proc.js";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";

const run = promisify(execFile);

/**
 * Ends a server that an earlier, killed Keelson left running on this data directory, and removes a pid file that
 * nobody stands behind any more. Returns what was done, for the log; undefined when there was nothing to do.
 * Throws `postgres/stuck` when the old server does not go within 30 s.
 */
export async function endStrays(dataDirectory: string): Promise<string | undefined> {
  const pidFile = join(dataDirectory, "postmaster.pid");
  const pid = await readPid(pidFile);
  let done: string | undefined;
  if (pid !== undefined && (await isServerOf(pid, dataDirectory))) {
    // Fast shutdown first; immediate next, which recovers from the log at the next start; then what cannot be refused.
    for (const [signal, patience] of [
      ["SIGINT", 10_000],
      ["SIGQUIT", 5_000],
      ["SIGKILL", 2_000],
    ] as const) {
      signalIfAlive(pid, signal);
      if (await gone(pid, patience)) break;
    }
    done = `ended the server that was still running (pid ${pid})`;
  } else if (pid !== undefined) {
    await rm(pidFile, { force: true });
    done = `removed the pid file of a server that is gone (pid ${pid})`;
  }
  // Backends outlive a killed postmaster for a moment, and the new one refuses to start beside them.
  const orphans = await serverProcesses(dataDirectory);
  for (const orphan of orphans) signalIfAlive(orphan, "SIGKILL");
  for (const orphan of orphans)
    if (!(await gone(orphan, 15_000)))
      throw new KeelsonError("postgres/stuck", `process ${orphan} still holds ${dataDirectory}`, {
        hint: `see what it waits for: ps -o pid,stat,wchan,cmd -p ${orphan}`,
      });
  return done;
}

export async function readPid(pidFile: string): Promise<number | undefined> {
  const text = await readIfPresent(pidFile);
  const pid = Number(text?.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Processes of any PostgreSQL whose working directory is this data directory. Empty where there is no /proc. */
export async function serverProcesses(dataDirectory: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processIds()) if (await isServerOf(pid, dataDirectory, "proc")) found.push(pid);
  return found;
}

async function isServerOf(pid: number, dataDirectory: string, only?: "proc"): Promise<boolean> {
  const cwd = await workingDirectoryOf(pid);
  if (cwd !== undefined || only === "proc") {
    // The directory's name is followed by " (deleted)" when somebody has removed it below a running server.
    if (cwd?.replace(/ \(deleted\)$/, "") !== dataDirectory) return false;
    return (await readProcessFile(pid, "comm"))?.trim() === "postgres";
  }
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return basename(stdout.trim().split(" ")[0] ?? "") === "postgres" && stdout.includes(dataDirectory);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

async function gone(pid: number, patience: number): Promise<boolean> {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(20)) {
    const state = await readProcessFile(pid, "stat");
    // A zombie holds nothing any more; its parent may be slow to notice.
    if (state !== undefined && /\) [ZX] /.test(state)) return true;
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}
