/**
 * Bounds the work at one time. What exceeds the bound waits: owners are served in turn, each in order of arrival, so that one which
 * sends much delays the others by one piece of work each. Nothing is refused: the caller bounds how much can wait.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #max: number;
  #active = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `work` in the turn of its owner. */
  async run<Result>(owner: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#active >= this.#max) await new Promise<void>((start) => this.#push(owner, start));
    else this.#active++;
    try {
      return await work();
    } finally {
      const next = this.#next();
      // The next one takes over the place.
      if (next === undefined) this.#active--;
      else next();
    }
  }

  #push(owner: string, start: () => void): void {
    const queue = this.#waiting.get(owner);
    if (queue === undefined) this.#waiting.set(owner, [start]);
    else queue.push(start);
  }

  #next(): (() => void) | undefined {
    for (const [owner, queue] of this.#waiting) {
      const start = queue.shift();
      this.#waiting.delete(owner);
      // The end of the map is the end of the round.
      if (queue.length > 0) this.#waiting.set(owner, queue);
      return start;
    }
    return undefined;
  }
}
