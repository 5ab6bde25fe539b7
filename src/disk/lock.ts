import { randomBytes } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError } from "./disk-errors.js";
import { readProcessFile } from "./proc.js";
import { readIfPresent } from "./read.js";

const ownerSchema = z.object({ pid: z.number().int().positive(), started: z.string() });

/** The process that holds a lock. The start time tells it from a later process that was given the same number. */
export type Owner = z.infer<typeof ownerSchema>;

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock file for this process, or says who has it. A lock whose owner is gone (kill -9, power cut) is taken over.
 * The file appears with its content in one step, so nobody ever reads half of it.
 */
export async function takeLock(path: string): Promise<{ lock: Lock } | { owner: Owner }> {
  const self: Owner = { pid: process.pid, started: (await processOf(process.pid))?.started ?? "unknown" };
  const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  await writeFile(own, JSON.stringify(self), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (await tryLink(own, path)) return { lock: { release: () => release(path, self) } };
      const owner = await readOwner(path);
      if (owner && (await isAlive(owner))) return { owner };
      if (owner) await removeStale(path, owner);
      await sleep(20);
    }
    throw new KeelsonError("data/lock", `${path} cannot be taken`);
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * The same, but a living owner is waited for, at most `patience` milliseconds; `onWait` is told once whom. Ends with the
 * owner that has it still.
 */
export async function waitForLock(
  path: string,
  patience: number,
  onWait: (owner: Owner) => void,
): Promise<{ lock: Lock } | { owner: Owner }> {
  const end = performance.now() + patience;
  for (let told = false; ; told = true) {
    const taken = await takeLock(path);
    if ("lock" in taken || performance.now() >= end) return taken;
    if (!told) onWait(taken.owner);
    await sleep(100);
  }
}

/** The living process that has a lock; undefined where nobody has it any more. */
export async function lockOwner(path: string): Promise<Owner | undefined> {
  const owner = await readOwner(path);
  return owner && (await isAlive(owner)) ? owner : undefined;
}

/** The process that has this number now, as the owner that it would be; undefined where none has it. */
export async function ownerNow(pid: number): Promise<Owner | undefined> {
  const owner = { pid, started: (await processOf(pid))?.started ?? "unknown" };
  return (await isAlive(owner)) ? owner : undefined;
}

/** True when the owner still runs. */
export async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Not permitted: it exists and is somebody else's.
    if (!(isSystemError(error) && error.code === "EPERM")) return false;
  }
  const now = await processOf(owner.pid);
  // A zombie holds nothing any more; its parent may be slow to notice, or never will.
  if (now === undefined || owner.started === "unknown") return !now?.zombie;
  return !now.zombie && now.started === owner.started;
}

/**
 * Ends a process with SIGKILL, if it is still the one that was meant: a number alone may have passed to another, which is
 * never touched. True when it is gone within `patience` milliseconds.
 */
export async function endByForce(owner: Owner, patience: number): Promise<boolean> {
  if (!(await isAlive(owner))) return true;
  if (owner.started === "unknown") return false;
  try {
    process.kill(owner.pid, "SIGKILL");
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ESRCH") return false;
  }
  for (const end = performance.now() + patience; performance.now() < end; await sleep(20))
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

async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  const parsed = ownerSchema.safeParse(tryJson(text));
  return parsed.success ? parsed.data : { pid: 2 ** 30, started: "unreadable" };
}

/** Moved away first: of two processes that see the same stale lock only one succeeds. */
async function removeStale(path: string, owner: Owner): Promise<void> {
  const aside = `${path}.stale.${process.pid}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  // Somebody was faster and it is already a living one's lock: give it back.
  if (moved && moved.pid !== owner.pid && (await isAlive(moved))) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, self: Owner): Promise<void> {
  const owner = await readOwner(path);
  if (owner?.pid === self.pid && owner.started === self.started) await rm(path, { force: true });
}

/** When a process started, in clock ticks since boot, and whether it has ended already; undefined where there is no /proc. */
async function processOf(pid: number): Promise<{ readonly started: string; readonly zombie: boolean } | undefined> {
  const stat = await readProcessFile(pid, "stat");
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
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
