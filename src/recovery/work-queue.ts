import { KeelsonError } from "../errors/keelson-error.js";

/** One piece of work after the other: two copies of a database at once would only slow each other down. */
export class WorkQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #current: { readonly abort: AbortController; what: string } | undefined;
  #closed: KeelsonError | undefined;

  /** What is being done now. */
  get busy(): string | undefined {
    return this.#current?.what;
  }

  /** Runs `work` when its turn comes. It is to heed the signal, and may rename what it does. */
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
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Makes the work under way give up; what waits behind it has its turn. */
  interrupt(why: string): void {
    this.#current?.abort.abort(new KeelsonError("recovery/interrupted", why));
  }

  /** Makes the work under way give up and refuses what comes after. */
  close(why: string): void {
    this.#closed = new KeelsonError("platform/stopping", why);
    this.interrupt(why);
  }

  async idle(): Promise<void> {
    await this.#tail;
  }
}
