import { execFile } from "node:child_process";
import { lstat, rm, rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isAbsent, lstatIfPresent } from "./read.js";

const run = promisify(execFile);

/** Node.js repeats the removal of a directory that another process still writes to. */
const RETRIES = { maxRetries: 10, retryDelay: 50 } as const;

/**
 * Removes a file or a directory with everything in it; absent is no error. As root, what is in a directory of another user is
 * removed with the rights of that user: between two steps of a removal by name, the user could replace a directory by a link.
 */
export async function removeTree(path: string): Promise<void> {
  const found = await lstatIfPresent(path);
  if (found === undefined) return;
  if (!found.isDirectory()) return unlink(path);
  const owner = await foreignOwner(path, found);
  if (owner === undefined) return rm(path, { recursive: true, force: true, ...RETRIES });
  // The user may be unable to remove the directory itself, because its parent belongs to root.
  const env = { PATH: process.env["PATH"] };
  await run("find", [path, "-mindepth", "1", "-delete"], { uid: owner.uid, gid: owner.gid, cwd: "/", env });
  await rmdir(path);
}

/** The user, other than root, who can change what is at `path`; undefined if this process has no more rights than that user. */
async function foreignOwner(path: string, found: { readonly uid: number; readonly gid: number }) {
  if (process.getuid?.() !== 0) return undefined;
  const parent = await lstat(dirname(path)).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  return [found, parent].find((owner) => owner !== undefined && owner.uid !== 0);
}
