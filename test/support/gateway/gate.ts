/** Holds callers of `pass` until the test releases them: the test decides the order of events, and not the clock. */
export class Gate {
  #held: (() => void)[] = [];
  #open = false;

  /** Callers that are held. */
  get held(): number {
    return this.#held.length;
  }

  pass(): Promise<void> {
    if (this.#open) return Promise.resolve();
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** Releases the callers that have been held longest. */
  release(count = 1): void {
    for (const resolve of this.#held.splice(0, count)) resolve();
  }

  /** Releases all callers, now and later. */
  open(): void {
    this.#open = true;
    this.release(this.#held.length);
  }

  close(): void {
    this.#open = false;
  }
}
