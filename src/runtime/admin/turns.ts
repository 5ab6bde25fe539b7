interface Owner {
  active: number;
  readonly waiting: (() => void)[];
}

export interface TurnLimits {
  /** Work at one time, of all owners. */
  readonly max: number;
  /** Work at one time of one owner. Default: `max`. */
  readonly maxPerOwner?: number;
}

/**
 * Bounds the work at one time. What exceeds the bounds waits: owners are served in turn, each in order of arrival, so that one which
 * sends much delays the others by one piece of work each. Nothing is refused: the caller bounds how much can wait.
 */
export class Turns {
  /** Owners with work that is active or waits, in the order of their turns. */
  readonly #owners = new Map<string, Owner>();
  readonly #max: number;
  readonly #maxPerOwner: number;
  #active = 0;

  constructor({ max, maxPerOwner = max }: TurnLimits) {
    this.#max = max;
    this.#maxPerOwner = maxPerOwner;
  }

  /** Runs `work` in the turn of its owner. */
  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const owner = this.#owners.get(name) ?? { active: 0, waiting: [] };
    this.#owners.set(name, owner);
    if (this.#mayStart(owner) && owner.waiting.length === 0) this.#begin(owner);
    else await new Promise<void>((start) => owner.waiting.push(start));
    try {
      return await work();
    } finally {
      owner.active--;
      this.#active--;
      if (owner.active === 0 && owner.waiting.length === 0) this.#owners.delete(name);
      this.#startNext();
    }
  }

  #mayStart({ active }: Owner): boolean {
    return this.#active < this.#max && active < this.#maxPerOwner;
  }

  #begin(owner: Owner): void {
    owner.active++;
    this.#active++;
  }

  #startNext(): void {
    for (const [name, owner] of this.#owners) {
      if (owner.waiting.length === 0 || !this.#mayStart(owner)) continue;
      this.#begin(owner);
      owner.waiting.shift()?.();
      // The end of the map is the end of the round.
      this.#owners.delete(name);
      this.#owners.set(name, owner);
      return;
    }
  }
}
