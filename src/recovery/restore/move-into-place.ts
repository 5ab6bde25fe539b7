import { rename, rm } from "node:fs/promises";
import { isAbsent } from "../../disk/read.js";

/**
 * Gives a restored directory its final name. A data directory that is already there is kept beside it; returns where, or
 * undefined if there was none. The server must not be running.
 */
export async function moveIntoPlace(restored: string, data: string): Promise<string | undefined> {
  const aside = `${data}.before-${new Date().toISOString().replace(/[-:.]/g, "")}`;
  let kept: string | undefined = aside;
  try {
    await rename(data, aside);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    kept = undefined;
  }
  await rename(restored, data);
  return kept;
}

/** Undoes `moveIntoPlace`: deletes the restored directory and gives the kept one its name back. */
export async function rollBack(kept: string, data: string): Promise<void> {
  const rejected = `${kept}.not-recovered`;
  await rename(data, rejected);
  await rename(kept, data);
  await rm(rejected, { recursive: true, force: true });
}
