import { chmod } from "node:fs/promises";
import { KeelsonError } from "../errors/keelson-error.js";
import { readdirIfPresent, statIfPresent } from "./read.js";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * Throws `data/shared` if another user can replace files in a directory: it belongs to a user other than this one and root,
 * or its group or every user can write to it. An absent directory is accepted; an empty one of this user is made private, as
 * initdb does. sshd (StrictModes) and PostgreSQL refuse such directories too.
 */
export async function requirePrivateDirectory(path: string): Promise<void> {
  const found = await statIfPresent(path);
  const self = process.getuid?.();
  if (found === undefined || self === undefined) return;
  if (found.uid !== self && found.uid !== 0)
    throw new KeelsonError("data/shared", `${path} belongs to another user (uid ${found.uid})`, {
      hint: `run Keelson as that user, or change the owner: chown ${self} ${path}`,
    });
  if ((found.mode & (GROUP_WRITES | OTHERS_WRITE)) === 0) return;
  if (found.uid === self && (await readdirIfPresent(path))?.length === 0) return chmod(path, found.mode & 0o755);
  throw writable(path, (found.mode & OTHERS_WRITE) === 0 ? "its group" : "every user");
}

/** Throws `data/shared` if every user can write to a directory. An absent directory, or another file, is accepted. */
export async function requireNotWorldWritable(path: string): Promise<void> {
  const found = await statIfPresent(path);
  if (found?.isDirectory() && (found.mode & OTHERS_WRITE) !== 0) throw writable(path, "every user");
}

function writable(path: string, who: string): KeelsonError {
  return new KeelsonError("data/shared", `${who} can write to ${path}`, { hint: `chmod go-w ${path}` });
}
