import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isSystemError } from "../disk/disk-errors.js";
import { KeelsonError } from "../spec/errors.js";

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
  const self: Owner = { pid: process.pid, started: (await startTime(process.pid)) ?? "unknown" };
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
    throw new KeelsonError("data/lock", `${path} cannot be taken`, {
      hint: "remove it if no keelson runs on this data",
    });
  } finally {
    await rm(own, { force: true });
  }
}

/** True when the owner still runs. */
export async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Not permitted: it exists and is somebody else's.
    if (!(isSystemError(error) && error.code === "EPERM")) return false;
  }
  const started = await startTime(owner.pid);
  return started === undefined || owner.started === "unknown" || started === owner.started;
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
  const text = await readFile(path, "utf8").catch(() => undefined);
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

/** Clock ticks since boot at which a process started; undefined where there is no /proc. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
