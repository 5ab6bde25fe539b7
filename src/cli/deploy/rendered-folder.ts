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

/**
 * Files in the folder and one level below: renderings have no deeper folders. Throws `render/unwritable` for a link in the place of
 * a rendered file or of its folder: it may lead out of the output folder.
 */
async function filesIn(directory: string, rendered: ReadonlySet<string>): Promise<readonly string[]> {
  const top = await entries(directory);
  const places = new Set([...rendered].flatMap((path) => [path, posix.dirname(path)]));
  for (const entry of top) if (entry.isSymbolicLink() && places.has(entry.name)) throw linked(directory, entry.name);
  const folders = top.filter((entry) => entry.isDirectory() && entry.name !== SECRETS_FOLDER);
  const below = await Promise.all(
    folders.map(async ({ name }) => {
      const found = await entries(join(directory, name));
      const link = found.find((entry) => entry.isSymbolicLink() && places.has(`${name}/${entry.name}`));
      if (link) throw linked(directory, `${name}/${link.name}`);
      return found.filter((entry) => entry.isFile()).map((entry) => `${name}/${entry.name}`);
    }),
  );
  return [...top.filter((entry) => entry.isFile()).map((entry) => entry.name), ...below.flat()];
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
    return await (path === "." ? run(root) : inChild(root, path, run));
  } finally {
    await root.close();
  }
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
