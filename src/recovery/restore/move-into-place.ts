import { chmod, lstat, mkdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncDirectory, writeAtomically } from "../../disk/atomic-file.js";
import { debugPoint } from "../../disk/debug-point.js";
import { diskError } from "../../disk/disk-errors.js";
import {
  claimMountPoint,
  contentOf,
  giveMountPoint,
  isMountPoint,
  moveContent,
  stagingPlace,
} from "../../disk/mount-point.js";
import { lstatIfPresent, readIfPresent } from "../../disk/read.js";
import { removeTree } from "../../disk/remove-tree.js";
import { throwAfterCleanup } from "../../errors/cleanup.js";

/** A directory is a database once this file is in it. */
const MARK = "PG_VERSION";

/**
 * Gives a restored directory its final name. A data directory that is already there is kept beside it, or within it if it is
 * a mount point; returns where, or undefined if there was none. The server must not be running.
 */
export async function moveIntoPlace(restored: string, data: string): Promise<string | undefined> {
  if ((await lstatIfPresent(data)) === undefined) {
    await rename(restored, data);
    return undefined;
  }
  const aside = await stagingPlace(data, `before-${new Date().toISOString().replace(/[-:.]/g, "")}`);
  if (await isMountPoint(data)) return fillMountPoint(restored, data, aside);
  // Two renames cannot be atomic: the note says after a crash between them which directory was the database.
  await writeAtomically(noteOf(data), basename(aside));
  debugPoint("replace/noted");
  await rename(data, aside);
  debugPoint("replace/moved-aside");
  await rename(restored, data);
  debugPoint("replace/moved");
  await syncDirectory(dirname(data));
  await unlink(noteOf(data));
  debugPoint("replace/completed");
  return aside;
}

/**
 * Replaces the content of a mount point. The mark is moved last, out of it and into it: so its place says after a crash how far
 * the replacement had come.
 */
async function fillMountPoint(restored: string, data: string, aside: string): Promise<string | undefined> {
  const owner = await lstat(restored);
  const previous = await contentOf(data);
  await claimMountPoint(data);
  await chmod(data, 0o700);
  // Without the mark there is no database that an interrupted replacement would have to give back.
  if (previous.includes(MARK)) await writeAtomically(noteOf(data), basename(aside));
  try {
    if (previous.length > 0) {
      await mkdir(aside, { mode: 0o700 });
      await moveContent(data, aside, MARK);
    }
    await moveContent(restored, data, MARK);
  } catch (error) {
    return throwAfterCleanup(diskError(error, data), () => undoInterrupted(data));
  }
  await rmdir(restored);
  await giveMountPoint(data, owner);
  await rm(noteOf(data), { force: true });
  return previous.length > 0 ? aside : undefined;
}

/**
 * Undoes a `moveIntoPlace` that was interrupted: the previous data directory gets its name, or its content, back. Returns where
 * it was; undefined if nothing was interrupted.
 */
export async function undoInterrupted(data: string): Promise<string | undefined> {
  const note = await readIfPresent(noteOf(data));
  if (note === undefined) return undefined;
  const name = basename(note);
  const inside = join(data, name);
  if (await isMountPoint(data)) {
    const undone = await emptyMountPoint(data, inside);
    await unlink(noteOf(data));
    return undone ? inside : undefined;
  }
  const place = join(dirname(data), name);
  // Interrupted before the first rename or after the second one: the data directory is complete.
  const missing = (await lstatIfPresent(data)) === undefined && (await lstatIfPresent(place)) !== undefined;
  if (missing) await rename(place, data);
  await unlink(noteOf(data));
  return missing ? place : undefined;
}

/** Moves the previous content of a mount point back, unless its replacement is complete. Returns whether that was necessary. */
async function emptyMountPoint(data: string, aside: string): Promise<boolean> {
  if ((await lstatIfPresent(aside)) === undefined) return false;
  const present = (await lstatIfPresent(join(data, MARK))) !== undefined;
  const kept = (await lstatIfPresent(join(aside, MARK))) !== undefined;
  if (present && kept) return false;
  await claimMountPoint(data);
  if (!present) {
    for (const name of await contentOf(data)) await removeTree(join(data, name));
    // First: from here on, what is in the mount point belongs to the previous database.
    if (kept) await rename(join(aside, MARK), join(data, MARK));
    await syncDirectory(data);
  }
  await moveContent(aside, data, MARK);
  await rmdir(aside);
  await giveMountPoint(data, await lstat(join(data, MARK)));
  return true;
}

/**
 * Moves a database to the place for `name`, so that it is lost to its server, which may be running. From the first step on the directory
 * is no database, also after a crash.
 */
export async function moveAway(data: string, name: string): Promise<void> {
  const aside = await stagingPlace(data, name);
  if (!(await isMountPoint(data))) return rename(data, aside);
  const owner = await lstat(data);
  await claimMountPoint(data);
  await mkdir(aside, { mode: 0o700 });
  await rename(join(data, MARK), join(aside, MARK));
  await moveContent(data, aside, MARK);
  await giveMountPoint(data, owner);
}

/** Removes a data directory; the content of one that is a mount point, without what is kept within it. */
export async function removeDatabase(data: string): Promise<void> {
  if (!(await isMountPoint(data))) return removeTree(data);
  for (const name of await contentOf(data)) await removeTree(join(data, name));
}

function noteOf(data: string): string {
  return `${data}.replacing`;
}

/** Undoes `moveIntoPlace`: deletes the restored directory and gives the kept one its name, or its content, back. */
export async function rollBack(kept: string, data: string): Promise<void> {
  if (await isMountPoint(data)) {
    await writeAtomically(noteOf(data), basename(kept));
    await unlink(join(data, MARK));
    await undoInterrupted(data);
    return;
  }
  const rejected = `${kept}.not-recovered`;
  await rename(data, rejected);
  await rename(kept, data);
  await removeTree(rejected);
}
