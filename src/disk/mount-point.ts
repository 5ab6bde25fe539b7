import { execFile } from "node:child_process";
import { lchown, lstat, readdir, realpath, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { syncDirectory } from "./atomic-file.js";
import { isSystemError } from "./disk-errors.js";
import { lstatIfPresent, readdirIfPresent, readIfPresent } from "./read.js";
import { removeTree } from "./remove-tree.js";
import { syncTree } from "./sync-tree.js";

const run = promisify(execFile);

/**
 * Prefix of the directories that Keelson keeps within a mount point. PostgreSQL, its base backups and those of Keelson ignore
 * names with `pgsql_tmp` in front (`PG_TEMP_FILE_PREFIX` in PostgreSQL's `storage/fd.h`).
 */
const INSIDE = "pgsql_tmp.";

/** What `mkfs.ext4` creates in the root of a file system. */
const OF_THE_FILE_SYSTEM = "lost+found";

/** Whether a file system is mounted on this directory: it can then be neither renamed, replaced nor removed (EBUSY). */
export async function isMountPoint(path: string): Promise<boolean> {
  const found = await lstatIfPresent(path);
  if (found === undefined || !found.isDirectory()) return false;
  const real = await realpath(path);
  if (found.dev !== (await lstat(dirname(real))).dev) return true;
  // A bind mount can be of the same device. The fifth field is the mount point, proc_pid_mountinfo(5).
  const mounts = (await readIfPresent("/proc/self/mountinfo")) ?? "";
  return mounts.split("\n").some((line) => unescapeOctal(line.split(" ")[4] ?? "") === real);
}

/** The place for a directory that is prepared to replace `directory`, on the same file system. */
export async function stagingPlace(directory: string, name: string): Promise<string> {
  return (await isMountPoint(directory)) ? join(directory, `${INSIDE}${name}`) : `${directory}.${name}`;
}

/** The existing places of `stagingPlace` for a directory whose name begins like this, in their order. */
export async function stagedPlaces(directory: string, name: string): Promise<string[]> {
  const place = await stagingPlace(directory, name);
  const names = ((await readdirIfPresent(dirname(place))) ?? []).map((entry) => entry.name);
  return names
    .filter((each) => each.startsWith(basename(place)))
    .sort()
    .map((each) => join(dirname(place), each));
}

/** The names in a directory, without what belongs to its file system and what Keelson keeps within a mount point. */
export async function contentOf(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => name !== OF_THE_FILE_SYSTEM && !name.startsWith(INSIDE));
}

/** Removes the incomplete directories that a killed process left within a mount point. */
export async function removeStaged(directory: string): Promise<void> {
  if (!(await isMountPoint(directory))) return;
  for (const name of await readdir(directory))
    if (name.startsWith(INSIDE) && name.endsWith(".tmp")) await removeTree(join(directory, name));
}

/**
 * Makes a mount point a directory of this process's user while its content is replaced: its previous owner could otherwise
 * replace a name in it by a link. `giveMountPoint` ends that.
 */
export async function claimMountPoint(directory: string): Promise<void> {
  await lchown(directory, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
}

/** Gives a mount point, and what its file system has created in it, to the owner of its new content. */
export async function giveMountPoint(directory: string, owner: { readonly uid: number; readonly gid: number }) {
  const root = join(directory, OF_THE_FILE_SYSTEM);
  if ((await lstatIfPresent(root)) !== undefined) await lchown(root, owner.uid, owner.gid);
  await lchown(directory, owner.uid, owner.gid);
}

/** Moves the content of one directory into another, the file `last` after all others. Copies between file systems. */
export async function moveContent(from: string, to: string, last: string): Promise<void> {
  const names = await contentOf(from);
  let copied = false;
  for (const name of [...names.filter((each) => each !== last), ...names.filter((each) => each === last)]) {
    if (name === last) await syncDirectory(to);
    copied = (await moveEntry(join(from, name), join(to, name))) || copied;
  }
  if (copied) await syncTree(to);
  await syncDirectory(to);
}

/** Returns whether the entry was copied. */
async function moveEntry(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return false;
  } catch (error) {
    if (!(isSystemError(error) && error.code === "EXDEV")) throw error;
  }
  await run("cp", ["-a", "--", from, to], { env: { PATH: process.env["PATH"] } });
  await removeTree(from);
  return true;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
