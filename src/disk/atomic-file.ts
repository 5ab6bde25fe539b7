import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

export interface ReplaceOptions {
  /** 0600 by default: readable by the owner only. */
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Replaces a file atomically and durably: a reader sees the old or the new content, also after a power failure.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  await replace(path, content, options, true);
  await syncDirectory(dirname(path));
}

/** Replaces a file atomically; the new content may be lost in a power failure. Follows no link, as `writeAtomically`. */
export function replaceFile(path: string, content: string | Uint8Array, options: ReplaceOptions = {}): Promise<void> {
  return replace(path, content, options, false);
}

async function replace(
  path: string,
  content: string | Uint8Array,
  { mode, owner }: ReplaceOptions,
  durable: boolean,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    // Exclusive: in a directory of another user, a link of this name is not followed. The owner is set by handle.
    const handle = await open(temporary, "wx", mode ?? 0o600);
    try {
      await handle.writeFile(content);
      // The mode of `open` is reduced by the umask.
      if (mode !== undefined) await handle.chmod(mode);
      if (owner) await handle.chown(owner.uid, owner.gid);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Creates a file as a whole: on a full disk nothing remains. Throws EEXIST if it exists; its content is not read or changed. */
export async function createFile(path: string, content: string, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(content);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Makes renames and removals in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
