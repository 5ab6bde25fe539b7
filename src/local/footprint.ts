import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readdirIfPresent, statIfPresent } from "../disk/read.js";
import { removeTree } from "../disk/remove-tree.js";
import { clusterHomes } from "../postgres/cluster.js";
import { IGNORE_FILE, type Layout } from "./layout.js";

/** The topmost directory that a start in `root` has to create; undefined if `root` exists. */
export async function topmostMissing(root: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let at = root; (await statIfPresent(at)) === undefined && at !== dirname(at); at = dirname(at)) missing = at;
  return missing;
}

/**
 * Removes what a failed first start has created, from `missing` (`topmostMissing` before the start) downwards. If a database
 * exists, nothing is removed: its log contains the reason of the failure, and the next start uses it. The caller holds the lock of
 * the data directory, so that no other start uses it.
 */
export async function removeFootprint(places: Layout, missing: string): Promise<void> {
  const homes = clusterHomes(places.root);
  for (const home of homes) if (await statIfPresent(join(home, "data"))) return;
  for (const home of homes) {
    await removeTree(join(home, "run"));
    await rmdir(home).catch(() => undefined);
  }
  await rm(places.root, { recursive: true, force: true });
  await removeEmpty(dirname(places.root), missing);
}

/** The same for a start that could not acquire the lock: removes only directories with nothing in them. */
export async function removeEmptyFootprint(places: Layout, missing: string): Promise<void> {
  for (const directory of [places.modules, places.logs, places.secrets]) await rmdir(directory).catch(() => undefined);
  const left = (await readdirIfPresent(places.root)) ?? [];
  if (left.every(({ name }) => name === IGNORE_FILE)) await rm(join(places.root, IGNORE_FILE), { force: true });
  await removeEmpty(places.root, missing);
}

/** Removes `directory` and those above it up to `topmost`, as long as they are empty. */
async function removeEmpty(directory: string, topmost: string): Promise<void> {
  for (let at = directory; at.length >= topmost.length; at = dirname(at)) {
    const removed = await rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
