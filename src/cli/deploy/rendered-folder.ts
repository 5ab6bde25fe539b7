import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { replaceFile } from "../../disk/atomic-file.js";
import { isAbsent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Change } from "../../render/changes.js";
import { SECRETS_FOLDER } from "../../render/compose/secrets.js";
import { hasMarker, MAX_MARKER_BYTES } from "../../render/generated-marker.js";
import { missingValues } from "../../render/realise-secret.js";
import type { GeneratedSecret } from "../../render/secrets.js";
import type { RenderedFile } from "../../render/target.js";

/**
 * Reads the files in a folder that a rendering can replace or remove: those at the paths of rendered files, and those with
 * Keelson's marker. Keys are paths relative to the folder, with forward slashes. Only the start of any other file is read.
 *
 * @throws KeelsonError `render/unreadable`, `render/unreadable-directory`.
 */
export async function readFolder(
  directory: string,
  rendered: readonly RenderedFile[],
): Promise<ReadonlyMap<string, string>> {
  const renderedPaths = new Set(rendered.map((file) => file.path));
  const found = new Map<string, string>();
  for (const path of await filesIn(directory)) {
    const file = join(directory, path);
    if (!renderedPaths.has(path) && !hasMarker(await readBeginning(file))) continue;
    const text = await readText(file);
    if (text !== undefined) found.set(path, text);
  }
  return found;
}

/** Files in the folder and one level below: renderings have no deeper folders. */
async function filesIn(directory: string): Promise<readonly string[]> {
  const top = await entries(directory);
  const folders = top.filter((entry) => entry.isDirectory() && entry.name !== SECRETS_FOLDER);
  const below = await Promise.all(
    folders.map(async ({ name }) =>
      (await entries(join(directory, name))).filter((entry) => entry.isFile()).map((entry) => `${name}/${entry.name}`),
    ),
  );
  return [...top.filter((entry) => entry.isFile()).map((entry) => entry.name), ...below.flat()];
}

/** Executes the changes. Each file is renamed into place, so no process reads an incomplete file. */
export async function writeChanges(directory: string, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    const path = join(directory, change.path);
    if (change.kind === "create" || change.kind === "replace") await writeAtomic(path, change.after, 0o644);
    if (change.kind === "remove") {
      await rm(path);
      await removeEmptyParents(directory, dirname(path));
    }
  }
}

/**
 * Generates the secrets that do not exist yet, one file per key; existing files are not changed. Only the owner can enter the
 * folder. All users can read the files in it, because each container reads them as a different user.
 *
 * @returns the created paths, relative to the directory.
 */
export async function writeMissingSecrets(
  directory: string,
  secrets: readonly GeneratedSecret[],
  random: (bytes: number) => string,
): Promise<readonly string[]> {
  const made: string[] = [];
  if (secrets.length > 0) await closeToOthers(join(directory, SECRETS_FOLDER));
  for (const secret of secrets) {
    const folder = join(directory, SECRETS_FOLDER, secret.name);
    const existing: Record<string, string> = {};
    for (const key of Object.keys(secret.keys)) {
      const value = await readText(join(folder, key));
      if (value !== undefined) existing[key] = value;
    }
    for (const [key, value] of Object.entries(missingValues(secret, existing, random))) {
      await writeAtomic(join(folder, key), value, 0o444);
      made.push(posix.join(SECRETS_FOLDER, secret.name, key));
    }
  }
  if (made.length > 0) await writeAtomic(join(directory, SECRETS_FOLDER, ".gitignore"), "*\n", 0o644);
  return made;
}

/**
 * Creates a folder that only its owner can enter. An existing one is changed to that, by its handle: another user could replace the
 * path by a link in between. Throws `render/unwritable` for a link, and for a folder of another user.
 */
async function closeToOthers(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await handle.chmod(0o700);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new KeelsonError("render/unwritable", `cannot close ${folder} to other users: ${messageOf(error)}`, {
      hint: "secrets are written only into a folder of this user, which is not a link",
      cause: error,
    });
  }
}

async function writeAtomic(path: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await replaceFile(path, text, { mode });
  } catch (error) {
    throw new KeelsonError("render/unwritable", `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function entries(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new KeelsonError("render/unreadable-directory", `cannot read ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function readBeginning(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_MARKER_BYTES), position: 0 });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (isAbsent(error)) return "";
    throw new KeelsonError("render/unreadable", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new KeelsonError("render/unreadable", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function removeEmptyParents(root: string, directory: string): Promise<void> {
  for (let folder = directory; folder !== root && folder.startsWith(root); folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      // Not empty: it contains other files.
      return;
    }
  }
}
