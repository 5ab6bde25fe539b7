import { type Dirent, readFileSync, type Stats, statSync } from "node:fs";
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { isSystemError } from "./disk-errors.js";

/**
 * Reads of files that may be absent. Absent means that the system reported ENOENT, or ENOTDIR (a parent is a file).
 * Every other error (EACCES, EIO, EISDIR, ELOOP, EMFILE …) means that the content is unknown: a caller that treats it as
 * absence would initialise or overwrite what exists. These functions throw `file/unreadable` instead.
 */

/** The text of a file (UTF-8); undefined if it is absent. */
export function readIfPresent(path: string): Promise<string | undefined> {
  return unlessAbsent(path, readFile(path, "utf8"));
}

/** The entries of a directory; undefined if it is absent. */
export function readdirIfPresent(
  path: string,
  options: { readonly recursive?: boolean } = {},
): Promise<Dirent[] | undefined> {
  return unlessAbsent(path, readdir(path, { ...options, withFileTypes: true }));
}

/** The status of a path, following links; undefined if it is absent. */
export function statIfPresent(path: string): Promise<Stats | undefined> {
  return unlessAbsent(path, stat(path));
}

/** The status of a path, of the link itself if it is one; undefined if it is absent. */
export function lstatIfPresent(path: string): Promise<Stats | undefined> {
  return unlessAbsent(path, lstat(path));
}

/** `readIfPresent` for code that cannot wait. */
export function readIfPresentSync(path: string): string | undefined {
  return unlessAbsentSync(path, () => readFileSync(path, "utf8"));
}

/** `statIfPresent` for code that cannot wait. */
export function statIfPresentSync(path: string): Stats | undefined {
  return unlessAbsentSync(path, () => statSync(path));
}

/** Whether a system call failed because the path does not exist. */
export function isAbsent(error: unknown): boolean {
  return isSystemError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** @throws KeelsonError `file/unreadable` for every error that does not mean absence. */
async function unlessAbsent<Value>(path: string, reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error);
  }
}

function unlessAbsentSync<Value>(path: string, read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): KeelsonError {
  // Node.js appends the system call and the path, `EISDIR: illegal operation on a directory, read`.
  const reason = messageOf(cause).replace(/, \w+(?: '.*')?$/s, "");
  return new KeelsonError("file/unreadable", `cannot read ${path}: ${reason}`, { cause });
}
