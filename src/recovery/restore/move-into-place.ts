import { rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncDirectory, writeAtomically } from "../../disk/atomic-file.js";
import { isMountPoint } from "../../disk/mount-point.js";
import { lstatIfPresent, readIfPresent } from "../../disk/read.js";
import { removeTree } from "../../disk/remove-tree.js";
import { KeelsonError } from "../../errors/keelson-error.js";

/**
 * Throws `restore/mount-point` for a directory that cannot be renamed because a file system is mounted at it. A lost database
 * could not be restored there, so it is checked before that: at the first start, and before anything is fetched.
 */
export async function requireReplaceable(directory: string): Promise<void> {
  if (await isMountPoint(directory))
    throw new KeelsonError("restore/mount-point", `a file system is mounted at ${directory}: it cannot be replaced`);
}

/**
 * Gives a restored directory its final name. A data directory that is already there is kept beside it; returns where, or
 * undefined if there was none. The server must not be running.
 */
export async function moveIntoPlace(restored: string, data: string): Promise<string | undefined> {
  if ((await lstatIfPresent(data)) === undefined) {
    await rename(restored, data);
    return undefined;
  }
  const aside = `${data}.before-${new Date().toISOString().replace(/[-:.]/g, "")}`;
  // Two renames cannot be atomic: the note says after a crash between them which directory was the database.
  await writeAtomically(noteOf(data), basename(aside));
  await rename(data, aside);
  await rename(restored, data);
  await syncDirectory(dirname(data));
  await unlink(noteOf(data));
  return aside;
}

/**
 * Undoes a `moveIntoPlace` that was interrupted between its two renames: the previous data directory gets its name back.
 * Returns where it was; undefined if nothing was interrupted.
 */
export async function undoInterrupted(data: string): Promise<string | undefined> {
  const aside = await readIfPresent(noteOf(data));
  if (aside === undefined) return undefined;
  const place = join(dirname(data), basename(aside));
  // Interrupted before the first rename or after the second one: the data directory is complete.
  const missing = (await lstatIfPresent(data)) === undefined && (await lstatIfPresent(place)) !== undefined;
  if (missing) await rename(place, data);
  await unlink(noteOf(data));
  return missing ? place : undefined;
}

function noteOf(data: string): string {
  return `${data}.replacing`;
}

/** Undoes `moveIntoPlace`: deletes the restored directory and gives the kept one its name back. */
export async function rollBack(kept: string, data: string): Promise<void> {
  const rejected = `${kept}.not-recovered`;
  await rename(data, rejected);
  await rename(kept, data);
  await removeTree(rejected);
}
