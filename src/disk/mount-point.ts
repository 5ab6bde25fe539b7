import { dirname, resolve } from "node:path";
import { lstatIfPresent } from "./read.js";

/** Whether another file system is mounted at a directory: it can be neither renamed nor replaced by a rename. */
export async function isMountPoint(directory: string): Promise<boolean> {
  const path = resolve(directory);
  const [own, parent] = await Promise.all([lstatIfPresent(path), lstatIfPresent(dirname(path))]);
  return own !== undefined && parent !== undefined && own.dev !== parent.dev;
}
