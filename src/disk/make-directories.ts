import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError, notADirectory } from "./disk-errors.js";
import { statIfPresent } from "./read.js";

/**
 * Creates a directory and its missing parents, each with this mode (default: by the umask). One level at a time: below /proc, where nothing can
 * be created, the recursive `mkdir` of Node.js never returns.
 * @throws KeelsonError `data/not-a-directory`, `data/unwritable`; other errors of the system.
 */
export async function makeDirectories(directory: string, mode?: number): Promise<void> {
  const existing = await statIfPresent(directory);
  if (existing?.isDirectory()) return;
  if (existing) throw notADirectory(directory);
  const parent = dirname(directory);
  if (parent === directory) return;
  await makeDirectories(parent, mode);
  await mkdir(directory, mode === undefined ? {} : { mode }).catch((error: unknown) => {
    const code = isSystemError(error) ? error.code : undefined;
    if (code === "ENOENT")
      throw new KeelsonError("data/unwritable", `cannot create ${directory}: nothing can be created in ${parent}`, {
        cause: error,
      });
    // EEXIST: another process created it meanwhile.
    if (code !== "EEXIST") throw error;
  });
}
