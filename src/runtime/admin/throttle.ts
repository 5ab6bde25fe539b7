/**
 * Bounds how often an address may show a wrong credential. Keys have 256 random bits, so nobody guesses one; this keeps
 * those who try away from the database, and the log readable.
 */
export class Throttle {
  /** Hashes of credentials that were right when they were last shown. */
  readonly #proven = new Set<string>();
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

  /**
   * Whether the credential with this hash was right when it was last shown. Many callers may share one address (a proxy, this
   * machine): one with a wrong key must not keep out the others.
   */
  isProven(hash: string): boolean {
    return this.#proven.has(hash);
  }

  /** Notes whether a credential was right. Remembers as many as addresses. */
  prove(hash: string, right: boolean): void {
    this.#proven.delete(hash);
    if (!right) return;
    this.#proven.add(hash);
    for (const oldest of this.#proven) {
      if (this.#proven.size <= this.#addresses) break;
      this.#proven.delete(oldest);
    }
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
