import { mkdir } from "node:fs/promises";
import { diskError, requireWritable } from "../disk/disk-errors.js";
import { acquireLock, type Lock, type Owner } from "../disk/lock.js";
import { requirePrivateDirectory } from "../disk/private-directory.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { removeEmptyFootprint } from "./footprint.js";
import { type Layout, makeRoot, requireOwnData } from "./layout.js";
import { readRunning } from "./running.js";

/**
 * Creates the data directory and acquires its lock. Throws `platform/running`, `data/foreign`, `data/shared`, `data/unwritable` or `disk/full`; if the
 * directory is new (`missing`: the topmost directory that has to be created), it is removed again.
 */
export async function acquireDataDirectory(places: Layout, missing: string | undefined): Promise<Lock> {
  try {
    await requireWritable(places.root);
    await requireOwnData(places.root);
    await requirePrivateDirectory(places.root);
    await makeRoot(places.root);
    for (const directory of [places.secrets, places.logs, places.modules])
      await mkdir(directory, { recursive: true, mode: 0o700 });
    const taken = await acquireLock(places.lock);
    if ("lock" in taken) return taken.lock;
    throw await alreadyRunning(places, taken.owner);
  } catch (error) {
    const inUse = error instanceof KeelsonError && error.code === "platform/running";
    if (missing !== undefined && !inUse) await removeEmptyFootprint(places, missing);
    throw diskError(error, places.root);
  }
}

async function alreadyRunning(places: Layout, owner: Owner): Promise<KeelsonError> {
  // For the URL in the message only: an invalid file must not hide that the platform runs.
  const running = await readRunning(places).catch(() => undefined);
  const where = running?.pid === owner.pid ? `at ${running.url} ` : "";
  return new KeelsonError("platform/running", `a platform already runs ${where}on ${places.root} (pid ${owner.pid})`);
}
