/**
 * Bounds how often an address may show a wrong credential. Keys have 256 random bits, so nobody guesses one; this keeps
 * those who try away from the database, and the log readable.
 */
export class Throttle {
  readonly #failures = new Map<string, { count: number; until: number }>();
  readonly #most: number;
  readonly #window: number;
  readonly #addresses: number;

  /** `most` failures within `window` milliseconds of the first; remembers at most `addresses` addresses. */
  constructor(options: { readonly most: number; readonly window: number; readonly addresses: number }) {
    this.#most = options.most;
    this.#window = options.window;
    this.#addresses = options.addresses;
  }

  /** Milliseconds that the address has to wait; 0 when it may try. */
  wait(address: string, now: number): number {
    const known = this.#failures.get(address);
    return known && known.count >= this.#most ? Math.max(0, known.until - now) : 0;
  }

  failed(address: string, now: number): void {
    const known = this.#failures.get(address);
    if (known && known.until > now) known.count++;
    else {
      this.#failures.delete(address);
      this.#failures.set(address, { count: 1, until: now + this.#window });
    }
    // Insertion order is the order of windows: the oldest goes first.
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= this.#addresses) break;
      this.#failures.delete(oldest);
    }
  }
}
