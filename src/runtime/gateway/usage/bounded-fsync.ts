import type { FileHandle } from "node:fs/promises";

/**
 * Maximum time that a response waits for `fdatasync`. A completed write survives a crash of this process; to survive a crash of the
 * machine it must be synced. A disk that stalls (another process writes gigabytes) must not stall every response.
 */
const FSYNC_TIMEOUT_MS = 100;

/** Syncs writes to the disk, waiting at most FSYNC_TIMEOUT_MS. While a sync is slow, later writes continue without one. */
export class BoundedFsync {
  #syncing = false;
  #failure: unknown;
  /** Writes that did not wait for a completed sync. */
  unsyncedWrites = 0;

  /** Rejects when this sync fails, or an earlier one that was not waited for has failed. */
  async sync(file: FileHandle): Promise<void> {
    if (this.#syncing) {
      this.unsyncedWrites += 1;
      return;
    }
    this.#syncing = true;
    const synced = file.datasync().then(
      () => true,
      (error: unknown) => {
        this.#failure = error;
        return true;
      },
    );
    void synced.then(() => {
      this.#syncing = false;
    });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), FSYNC_TIMEOUT_MS);
    });
    if (!(await Promise.race([synced, timeout]))) this.unsyncedWrites += 1;
    clearTimeout(timer);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
