import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";

const MEBIBYTE = 1024 * 1024;

/** A system error of a write, as a KeelsonError with a hint. Other values are returned unchanged. */
export function diskError(error: unknown, path: string): unknown {
  if (error instanceof KeelsonError || !isSystemError(error)) return error;
  switch (error.code) {
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(path, error);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new KeelsonError("data/unwritable", `${path} cannot be written: ${reasons[error.code]}`, {
        cause: error,
      });
    case "ENOTDIR":
    case "EEXIST":
      return notADirectory(path, error);
    default:
      return error;
  }
}

/** `path` is a file where a directory is required. */
export function notADirectory(path: string, cause?: unknown): KeelsonError {
  return new KeelsonError("data/not-a-directory", `${path} is not a directory`, {
    cause,
  });
}

export function diskFull(path: string, cause?: unknown): KeelsonError {
  return new KeelsonError("disk/full", `no space is left on the disk that holds ${path}`, {
    cause,
  });
}

/** Throws the system error if nothing can be created at `path`. A recursive `mkdir` would hide the error's code. */
export async function requireWritable(path: string): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch((error: unknown) => {
      if (isSystemError(error) && error.code === "ENOENT" && at !== dirname(at)) return undefined;
      throw error;
    });
    if (found && !found.isDirectory()) throw notADirectory(at);
    if (found) return access(at, constants.W_OK | constants.X_OK);
  }
}

/** Throws `disk/full` unless the disk that holds `path` has `bytes` free. */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new KeelsonError(
    "disk/full",
    `the disk that holds ${path} has ${Math.floor(free / MEBIBYTE)} MB left; ${Math.ceil(bytes / MEBIBYTE)} MB are required`,
  );
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

const reasons: Readonly<Record<"EACCES" | "EPERM" | "EROFS", string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
