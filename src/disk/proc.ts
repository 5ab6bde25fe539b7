import { readdir, readFile, readlink } from "node:fs/promises";
import { isSystemError } from "./disk-errors.js";

/**
 * The process table in /proc. A process can end between two reads (ENOENT, ESRCH), and some files of another user's
 * processes are not readable (EACCES, EPERM). The functions return undefined in both cases. Without /proc (macOS) no process is
 * listed.
 */

/** Ids of all processes. */
export async function processIds(): Promise<readonly number[]> {
  const entries = await ifVisible(readdir("/proc"));
  return (entries ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** A file of a process, `/proc/<pid>/<name>`. */
export function readProcessFile(
  pid: number,
  name: "cmdline" | "comm" | "stat" | "status",
): Promise<string | undefined> {
  return ifVisible(readFile(`/proc/${pid}/${name}`, "utf8"));
}

/** The working directory of a process. A directory that was removed has ` (deleted)` after its name. */
export function workingDirectoryOf(pid: number): Promise<string | undefined> {
  return ifVisible(readlink(`/proc/${pid}/cwd`));
}

/** The targets of the open file descriptors of a process, such as `socket:[4711]`. */
export async function openFilesOf(pid: number): Promise<readonly string[]> {
  const descriptors = (await ifVisible(readdir(`/proc/${pid}/fd`))) ?? [];
  const targets = await Promise.all(
    descriptors.map((descriptor) => ifVisible(readlink(`/proc/${pid}/fd/${descriptor}`))),
  );
  return targets.filter((target) => target !== undefined);
}

/** The rows of a table of TCP sockets, without its heading. */
export async function tcpSockets(table: "tcp" | "tcp6"): Promise<readonly string[]> {
  return ((await ifVisible(readFile(`/proc/net/${table}`, "utf8"))) ?? "").split("\n").slice(1);
}

async function ifVisible<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isSystemError(error) && ["ENOENT", "ENOTDIR", "ESRCH", "EACCES", "EPERM"].includes(error.code))
      return undefined;
    throw error;
  }
}
