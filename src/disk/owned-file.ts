import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError } from "./disk-errors.js";

/*
 * PostgreSQL runs as another user if Keelson runs as root. That user can replace every name in its own directories by a link
 * at any moment, so root must not follow a name there: it opens without following links, and checks what it has opened.
 */

/**
 * Opens a file in a directory that belongs to another user, for reading. Throws `data/not-owned` unless it is a regular file
 * of the owner of that directory, and the error of the system if it is absent. `directory` itself must be in a directory that
 * this user cannot write to.
 */
export async function openOwned(directory: string, name: string): Promise<FileHandle> {
  const path = join(directory, name);
  const { uid } = await lstat(directory);
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      if (isSystemError(error) && error.code === "ELOOP") throw notOwned(path, "a link", error);
      throw error;
    },
  );
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw notOwned(path, "no regular file");
    // Also through a link in one of the directories in between, only files of that user can be read.
    if (found.uid !== uid) throw notOwned(path, "a file of another user");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The content of `openOwned`. */
export async function readOwned(directory: string, name: string): Promise<Buffer> {
  const handle = await openOwned(directory, name);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function notOwned(path: string, what: string, cause?: unknown): KeelsonError {
  return new KeelsonError("data/not-owned", `${path} is ${what}`, { cause });
}
