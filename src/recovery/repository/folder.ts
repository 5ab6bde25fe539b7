import { createHash, randomBytes } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { mkdir, open, realpath, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { syncDirectory } from "../../disk/atomic-file.js";
import { diskError, isSystemError } from "../../disk/disk-errors.js";
import { isAbsent, readdirIfPresent, statIfPresent } from "../../disk/read.js";
import { diskSpace } from "../../disk/space.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { corrupt } from "../backup-codec.js";
import { missing, type Repository, type StoredObject, type Written } from "./repository.js";

const TEMPORARY = ".tmp";
/** The directory of a database that contains one directory for each backup. */
const BACKUPS = "backups";

/** Backups in a folder: an object is written under a temporary name, synced, and renamed. */
export function openFolder(place: string): Repository {
  const root = resolve(place);
  return {
    place: root,
    put: (name, content) => put(root, name, content),
    get: (name) => get(root, name),
    list: (prefix) => list(root, prefix, "objects"),
    partials: async (prefix) => [
      ...(await list(root, prefix, "partials")).map(({ name, modified }) => ({
        ...{ name, modified },
        remove: () => removeFile(join(root, name)),
      })),
      ...(await emptyBackups(root, prefix)).map(({ name, modified }) => ({
        ...{ name, modified },
        remove: () => removeEmpty(join(root, name)),
      })),
    ],
    folders: () => directoriesIn(root),
    space: () => diskSpace(root),
    remove: (name) => removeFile(join(root, name)),
  };
}

/** Removes a file, and the directory of its backup with the last one: its name is not used again. */
async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  const directory = dirname(path);
  // Into the other directories an object may just be written.
  if (basename(dirname(directory)) === BACKUPS) await removeEmpty(directory);
}

/** Removes a directory, unless an object has been written into it meanwhile. */
async function removeEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (!isAbsent(error) && !(isSystemError(error) && error.code === "ENOTEMPTY")) throw error;
  });
}

/** Directories of backups that a process created before it was killed, without any object. */
async function emptyBackups(
  root: string,
  prefix: string,
): Promise<readonly { readonly name: string; readonly modified: number }[]> {
  const found: { readonly name: string; readonly modified: number }[] = [];
  for (const system of await directoriesIn(root)) {
    for (const id of await directoriesIn(join(root, system, BACKUPS))) {
      const name = `${system}/${BACKUPS}/${id}`;
      if (!name.startsWith(prefix) || (await entriesOf(join(root, name))).length > 0) continue;
      const info = await statIfPresent(join(root, name));
      if (info) found.push({ name, modified: info.mtimeMs });
    }
  }
  return found;
}

async function put(root: string, name: string, content: AsyncIterable<Uint8Array>): Promise<Written> {
  const path = join(root, name);
  const temporary = `${path}.${randomBytes(4).toString("hex")}${TEMPORARY}`;
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    await makeDirectories(dirname(path));
    await requireWithin(root, name);
    const handle = await open(temporary, "wx", 0o600);
    try {
      for await (const chunk of content) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path);
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The entry of a new directory must be synced too, or a power failure loses everything in it. */
async function makeDirectories(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** A directory in the repository that is a link would be written to, but not listed. */
async function requireWithin(root: string, name: string): Promise<void> {
  const directory = dirname(name);
  const real = await realpath(join(root, directory));
  if (real !== join(await realpath(root), directory))
    throw new KeelsonError("backup/place", `${join(root, directory)} is a link to ${real}`, {
      hint: "only the location itself may be a link: replace it by a directory",
    });
}

async function* get(root: string, name: string): AsyncIterable<Uint8Array> {
  // Others may write to the folder: a link could lead anywhere, and opening a named pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(root, name), flags).catch((error: unknown) => {
    if (isSystemError(error) && error.code === "ELOOP") throw corrupt(name, "it is a link", error);
    throw isAbsent(error) ? missing(name, root, error) : error;
  });
  try {
    if (!(await handle.stat()).isFile()) throw corrupt(name, "it is no regular file");
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 }))
      yield chunk as Uint8Array;
  } finally {
    await handle.close();
  }
}

async function list(root: string, prefix: string, what: "objects" | "partials"): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await entriesOf(join(root, directory))) {
      const name = directory === "" ? entry.name : `${directory}/${entry.name}`;
      const mayContain = name.startsWith(prefix) || prefix.startsWith(`${name}/`);
      if (entry.isDirectory() && mayContain) await walk(name);
      else if (entry.isFile() && name.startsWith(prefix) && name.endsWith(TEMPORARY) === (what === "partials")) {
        const info = await statIfPresent(join(root, name));
        if (info) found.push({ name, bytes: info.size, modified: info.mtimeMs });
      }
    }
  };
  await walk("");
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function directoriesIn(directory: string): Promise<string[]> {
  return (await entriesOf(directory)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  return (await readdirIfPresent(directory)) ?? [];
}
