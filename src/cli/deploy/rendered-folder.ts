import { constants } from "node:fs";
import { type FileHandle, open, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { replaceFile } from "../../disk/atomic-file.js";
import { HeldDirectory } from "../../disk/held-directory.js";
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
  for (const path of await filesIn(directory, renderedPaths)) {
    const file = join(directory, path);
    if (!renderedPaths.has(path) && !hasMarker(await readBeginning(file))) continue;
    const text = await readText(file);
    if (text !== undefined) found.set(path, text);
  }
  return found;
}

/** Renderings have folders in folders, but no more than this. */
const MAX_FOLDER_DEPTH = 6;

/**
 * Files in the folder and one level below, and all files below the folders that the rendering has at its top: other folders can be large,
 * and hold no file of an earlier rendering deeper than that. Throws `render/unwritable` for a link in the place of a rendered file or of
 * its folder: it may lead out of the output folder.
 */
async function filesIn(directory: string, rendered: ReadonlySet<string>): Promise<readonly string[]> {
  const places = new Set([...rendered].flatMap(withFolders));
  const tops = new Set([...rendered].map((path) => path.split("/")[0]));
  const read = async (folder: string, depth: number): Promise<readonly string[]> => {
    const at = (name: string) => (folder === "" ? name : `${folder}/${name}`);
    const found = await entries(join(directory, folder));
    const link = found.find((entry) => entry.isSymbolicLink() && places.has(at(entry.name)));
    if (link) throw linked(directory, at(link.name));
    const isRead = depth === 0 || (tops.has(folder.split("/")[0]) && depth < MAX_FOLDER_DEPTH);
    const below = found.filter((entry) => isRead && entry.isDirectory() && at(entry.name) !== SECRETS_FOLDER);
    const nested = await Promise.all(below.map((entry) => read(at(entry.name), depth + 1)));
    return [...found.filter((entry) => entry.isFile()).map((entry) => at(entry.name)), ...nested.flat()];
  };
  return read("", 0);
}

/** A path and the folders above it. */
function withFolders(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function linked(directory: string, path: string): KeelsonError {
  return new KeelsonError("render/unwritable", `${join(directory, path)} is a link`, {
    hint: "rendered files are written only into real directories of the output folder: remove the link",
  });
}

/** Executes the changes. Each file is renamed into place, so no process reads an incomplete file. */
export async function writeChanges(directory: string, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === "create" || change.kind === "replace")
      await inFolder(directory, posix.dirname(change.path), (folder) =>
        writeAtomic(folder, posix.basename(change.path), change.after, 0o644),
      );
    if (change.kind === "remove") {
      await inFolder(directory, posix.dirname(change.path), (folder) => rm(folder.entry(posix.basename(change.path))));
      await removeEmptyParents(directory, dirname(join(directory, change.path)));
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
  if (secrets.length === 0) return made;
  await inFolder(directory, SECRETS_FOLDER, async (folder) => {
    await closeToOthers(folder);
    for (const secret of secrets) {
      const created = await inChild(folder, secret.name, async (secretFolder) => {
        await requireOwn(secretFolder);
        return writeMissingKeys(secretFolder, secret, random);
      });
      made.push(...created.map((key) => posix.join(SECRETS_FOLDER, secret.name, key)));
    }
    if (made.length > 0) await writeAtomic(folder, ".gitignore", "*\n", 0o644);
  });
  return made;
}

async function writeMissingKeys(
  folder: HeldDirectory,
  secret: GeneratedSecret,
  random: (bytes: number) => string,
): Promise<readonly string[]> {
  const existing: Record<string, string> = {};
  for (const key of Object.keys(secret.keys)) {
    const value = await readText(folder.entry(key), join(folder.path, key));
    if (value !== undefined) existing[key] = value;
  }
  const missing = Object.entries(missingValues(secret, existing, random));
  for (const [key, value] of missing) await writeAtomic(folder, key, value, 0o444);
  return missing.map(([key]) => key);
}

/**
 * Changes a folder to one that only its owner can enter. Throws `render/unwritable` for a folder of another user, who could enter
 * it all the same.
 */
async function closeToOthers(folder: HeldDirectory): Promise<void> {
  await requireOwn(folder);
  await folder.chmod(0o700);
}

async function requireOwn(folder: HeldDirectory): Promise<void> {
  const self = process.geteuid?.();
  if (self === undefined || (await folder.owner()) === self) return;
  throw new KeelsonError("render/unwritable", `${folder.path} belongs to another user`, {
    hint: "secrets are written only into folders of this user, which are no links",
  });
}

/** Runs with the folder at a path below the output folder (`.`: itself), which is created; links on the way are refused. */
async function inFolder<T>(directory: string, path: string, run: (folder: HeldDirectory) => Promise<T>): Promise<T> {
  let root: HeldDirectory;
  try {
    root = await HeldDirectory.named(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }
  try {
    return await inDescendant(root, path === "." ? [] : path.split("/"), run);
  } finally {
    await root.close();
  }
}

async function inDescendant<T>(
  folder: HeldDirectory,
  [name, ...rest]: readonly string[],
  run: (folder: HeldDirectory) => Promise<T>,
): Promise<T> {
  if (name === undefined) return run(folder);
  return inChild(folder, name, (child) => inDescendant(child, rest, run));
}

async function inChild<T>(parent: HeldDirectory, name: string, run: (folder: HeldDirectory) => Promise<T>): Promise<T> {
  let folder: HeldDirectory;
  try {
    folder = await parent.child(name, 0o755);
  } catch (error) {
    throw unwritable(join(parent.path, name), error, "it must be a real directory: a link is not followed");
  }
  try {
    return await run(folder);
  } finally {
    await folder.close();
  }
}

async function writeAtomic(folder: HeldDirectory, name: string, text: string, mode: number): Promise<void> {
  try {
    await replaceFile(folder.entry(name), text, { mode });
  } catch (error) {
    throw unwritable(join(folder.path, name), error);
  }
}

function unwritable(path: string, error: unknown, hint?: string): KeelsonError {
  return new KeelsonError("render/unwritable", `cannot write ${path}: ${messageOf(error)}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
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
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_MARKER_BYTES), position: 0 });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (isAbsent(error)) return "";
    throw new KeelsonError("render/unreadable", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

/** The text of a file, which must not be a link; undefined if it is absent. */
async function readText(path: string, shown = path): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return await file.readFile("utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new KeelsonError("render/unreadable", `cannot read ${shown}: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
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
