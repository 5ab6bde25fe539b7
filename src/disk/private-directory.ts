import { chmod, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError } from "./disk-errors.js";
import { lstatIfPresent, readdirIfPresent, readIfPresent, statIfPresent } from "./read.js";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** Only the owner of a file may rename or remove it. */
const STICKY = 0o1000;

/**
 * Throws `data/shared` if another user can replace files in a directory: it belongs to a user other than this one and root,
 * or its group or every user can write to it; or another user can replace the directory itself, because that holds for one of the
 * directories above it. An absent directory is accepted; an empty one of this user is made private, as initdb does. sshd
 * (StrictModes) checks the same up to the root.
 */
export async function requirePrivateDirectory(path: string): Promise<void> {
  const self = process.getuid?.();
  if (self === undefined) return;
  await requireSafeParents(path);
  const found = await statIfPresent(path);
  if (found === undefined) return;
  if (found.uid !== self && found.uid !== 0)
    throw new KeelsonError("data/shared", `${path} belongs to another user (uid ${found.uid})`, {
      hint: `run Keelson as that user, or change the owner: chown ${self} ${path}`,
    });
  if ((found.mode & (GROUP_WRITES | OTHERS_WRITE)) === 0) return;
  if (found.uid === self && (await readdirIfPresent(path))?.length === 0) return chmod(path, found.mode & 0o755);
  throw writable(path, (found.mode & OTHERS_WRITE) === 0 ? "its group" : "every user");
}

/**
 * Throws `data/shared` if another user can replace `path`: checks every directory above it, and every link on the way, by its name
 * and by the place that it leads to.
 */
export async function requireSafeParents(path: string): Promise<void> {
  const self = process.getuid?.();
  if (self === undefined) return;
  let existing = resolve(path);
  while ((await lstatIfPresent(existing)) === undefined) existing = dirname(existing);
  const names = [resolve(path), ...parentsOf(path), ...parentsOf(await realpath(existing))];
  for (const name of new Set(names)) {
    const found = await lstatIfPresent(name);
    // The caller checks the directory itself.
    if (found === undefined || (name === resolve(path) && found.isDirectory())) continue;
    if (found.uid !== self && found.uid !== 0)
      throw new KeelsonError(
        "data/shared",
        `${name} belongs to another user (uid ${found.uid}), who can replace ${path}`,
        {
          hint: "use a directory below one of your own, such as your home directory, or below /var/lib: --data DIR",
        },
      );
    // The mode of a link means nothing.
    if (!found.isDirectory() || (found.mode & STICKY) !== 0) continue;
    if ((found.mode & OTHERS_WRITE) !== 0) throw writable(name, "every user");
    if ((found.mode & GROUP_WRITES) !== 0 && !(await isOwnGroup(found.gid))) throw writable(name, "its group");
  }
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = resolve(path); at !== dirname(at); at = dirname(at)) parents.push(dirname(at));
  return parents;
}

/** Whether a group is the one that Linux distributions create for each user, and that has no other member. */
async function isOwnGroup(gid: number): Promise<boolean> {
  if (gid !== process.getgid?.() || gid !== process.getuid?.()) return false;
  const members = (await readIfPresent("/etc/group"))
    ?.split("\n")
    .map((line) => line.split(":"))
    .find(([, , id]) => id === String(gid))?.[3];
  return members === undefined || members === "";
}

/**
 * Creates a directory that only this user can enter, in one that all users share, such as /tmp. An existing one is accepted if it is
 * of this user; throws `data/shared` for that of another, and for a link: another user could have put it there. Also throws it if
 * other users can replace the directory, because the one that contains it is theirs, or is writable without the sticky bit.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  const parent = dirname(path);
  const { uid, mode } = await stat(parent);
  if (uid !== 0 && uid !== (process.getuid?.() ?? uid))
    throw new KeelsonError("data/shared", `${parent} belongs to another user (uid ${uid})`);
  if ((mode & (GROUP_WRITES | OTHERS_WRITE)) !== 0 && (mode & STICKY) === 0)
    throw new KeelsonError("data/shared", `other users can replace files in ${parent}`, { hint: `chmod +t ${parent}` });
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!isSystemError(error) || error.code !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  const self = process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || found.uid !== self)
    throw new KeelsonError("data/shared", `${path} is ${found.isDirectory() ? "another user's" : "no directory"}`, {
      hint: "another user may have created it on purpose; inspect it and remove it",
    });
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
}

/** Throws `data/shared` if every user can write to a directory. An absent directory, or another file, is accepted. */
export async function requireNotWorldWritable(path: string): Promise<void> {
  const found = await statIfPresent(path);
  if (found?.isDirectory() && (found.mode & OTHERS_WRITE) !== 0) throw writable(path, "every user");
}

function writable(path: string, who: string): KeelsonError {
  return new KeelsonError("data/shared", `${who} can write to ${path}`, { hint: `chmod go-w ${path}` });
}
