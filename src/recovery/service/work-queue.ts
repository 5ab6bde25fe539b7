import { KeelsonError } from "../../errors/keelson-error.js";

/** Runs one job at a time: two concurrent copies of a database would only slow each other down. */
export class WorkQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #current: { readonly abort: AbortController; what: string } | undefined;
  #closed: KeelsonError | undefined;

  /** The job in progress. */
  get busy(): string | undefined {
    return this.#current?.what;
  }

  /** Queues a job. It must observe the signal, and may rename itself. */
  run<T>(what: string, work: (signal: AbortSignal, rename: (what: string) => void) => Promise<T>): Promise<T> {
    const turn = this.#tail.then(async () => {
      if (this.#closed) throw this.#closed;
      const current = { abort: new AbortController(), what };
      this.#current = current;
      try {
        return await work(current.abort.signal, (now) => {
          current.what = now;
        });
      } finally {
        this.#current = undefined;
      }
    });
    // A failed job rejects the promise of its caller; the queue continues.
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Cancels the job in progress; the next one runs. */
  interrupt(why: string): void {
    this.#current?.abort.abort(new KeelsonError("recovery/interrupted", why));
  }

  /** Cancels the job in progress and rejects all others. */
  close(why: string): void {
    this.#closed = new KeelsonError("platform/stopping", why);
    this.interrupt(why);
  }

  async idle(): Promise<void> {
    await this.#tail;
  }
}
