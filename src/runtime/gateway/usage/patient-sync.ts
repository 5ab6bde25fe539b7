import type { FileHandle } from "node:fs/promises";

/**
 * How long (milliseconds) an answer waits for the disk itself. What is written has left this process and survives its end;
 * that it survives the machine's too takes a sync, and a disk that stalls (somebody writes gigabytes) must not stall every
 * answer.
 */
const patience = 100;

/** Waits for the disk, but not for one that stalls: then the next writes go on without, until it is done. */
export class PatientSync {
  #syncing = false;
  #failure: unknown;
  /** Writes that were not waited for. */
  late = 0;

  /** Rejects when this sync fails, or an earlier one that was not waited for has failed. */
  async of(file: FileHandle): Promise<void> {
    if (this.#syncing) {
      this.late += 1;
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
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patience);
    });
    if (!(await Promise.race([synced, late]))) this.late += 1;
    clearTimeout(timer);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
