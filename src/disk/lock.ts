import { randomBytes } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError } from "./disk-errors.js";
import { readProcessFile } from "./proc.js";
import { readIfPresent } from "./read.js";

const ownerSchema = z.object({ pid: z.number().int().positive(), started: z.string() });

/** The process that holds a lock. The start time distinguishes it from a later process with the same id. */
export type Owner = z.infer<typeof ownerSchema>;

export interface Lock {
  release(): Promise<void>;
}

/**
 * Acquires a lock file for this process, or returns its owner. A lock whose owner is dead (kill -9, power failure) is taken
 * over. The file is linked into place with its content, so that a reader never sees it incomplete.
 */
export async function acquireLock(path: string): Promise<{ lock: Lock } | { owner: Owner }> {
  const self: Owner = { pid: process.pid, started: (await processOf(process.pid))?.started ?? "unknown" };
  const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  // Synced before the link: otherwise a power failure may leave a lock without content, which no one takes over.
  await writeFile(own, JSON.stringify(self), { mode: 0o600, flush: true });
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (await tryLink(own, path)) return { lock: { release: () => release(path, self) } };
      const owner = await readOwner(path);
      if (owner && (await isAlive(owner))) return { owner };
      if (owner) await removeStale(path, owner);
      await sleep(20);
    }
    throw new KeelsonError("data/lock", `the lock ${path} cannot be acquired`);
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Like `acquireLock`, but waits up to `timeoutMs` milliseconds for a live owner to release the lock. `onWait` is called once with
 * that owner. Returns the owner if it still holds the lock at the end.
 */
export async function waitForLock(
  path: string,
  timeoutMs: number,
  onWait: (owner: Owner) => void,
): Promise<{ lock: Lock } | { owner: Owner }> {
  const end = performance.now() + timeoutMs;
  for (let reported = false; ; reported = true) {
    const taken = await acquireLock(path);
    if ("lock" in taken || performance.now() >= end) return taken;
    if (!reported) onWait(taken.owner);
    await sleep(100);
  }
}

/** The live process that holds a lock; undefined if there is none. */
export async function lockOwner(path: string): Promise<Owner | undefined> {
  const owner = await readOwner(path);
  return owner && (await isAlive(owner)) ? owner : undefined;
}

/** The live process with this id, in the form of an owner; undefined if there is none. */
export async function ownerOfProcess(pid: number): Promise<Owner | undefined> {
  const owner = { pid, started: (await processOf(pid))?.started ?? "unknown" };
  return (await isAlive(owner)) ? owner : undefined;
}

/** Whether the owner is still running. */
export async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Not permitted: it exists and belongs to another user.
    if (!(isSystemError(error) && error.code === "EPERM")) return false;
  }
  const now = await processOf(owner.pid);
  // A zombie holds no resources; its parent may reap it late or never.
  if (now === undefined || owner.started === "unknown") return !now?.zombie;
  return !now.zombie && now.started === owner.started;
}

/**
 * Kills a process with SIGKILL if it is still the given one: its id may have been reused by another process, which is not killed.
 * Returns whether it ended within `timeoutMs` milliseconds.
 */
export async function killOwner(owner: Owner, timeoutMs: number): Promise<boolean> {
  if (!(await isAlive(owner))) return true;
  if (owner.started === "unknown") return false;
  try {
    process.kill(owner.pid, "SIGKILL");
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ESRCH") return false;
  }
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(20))
    if (!(await isAlive(owner))) return true;
  return false;
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined if there is no lock. Throws `data/lock` for other content: its owner may be alive. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  const parsed = ownerSchema.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  throw new KeelsonError("data/lock", `the lock ${path} does not name its owner`);
}

/** Renames the stale lock first, so that of two processes that see it only one succeeds. */
async function removeStale(path: string, owner: Owner): Promise<void> {
  const aside = `${path}.stale.${process.pid}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  // Another process has taken it over in the meantime: restore its lock.
  if (moved && moved.pid !== owner.pid && (await isAlive(moved))) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, self: Owner): Promise<void> {
  const owner = await readOwner(path);
  if (owner?.pid === self.pid && owner.started === self.started) await rm(path, { force: true });
}

/** Start time of a process in clock ticks since boot, and whether it is a zombie; undefined without /proc. */
async function processOf(pid: number): Promise<{ readonly started: string; readonly zombie: boolean } | undefined> {
  const stat = await readProcessFile(pid, "stat");
  // The second field is the program name in parentheses, which may contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const started = fields?.[19];
  return started === undefined ? undefined : { started, zombie: fields?.[0] === "Z" || fields?.[0] === "X" };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
