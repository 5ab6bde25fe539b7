export interface ThrottleOptions {
  /** Invalid credentials from one address within the window, after which it is refused. */
  readonly maxFailures: number;
  /** Starts with the first failure. Milliseconds. */
  readonly windowMs: number;
  /** Addresses and credentials that are remembered; the oldest are dropped first. */
  readonly maxAddresses: number;
}

/**
 * Limits the rate of invalid credentials per address. Keys have 256 random bits, so guessing one is not a risk; the limit
 * protects the database and the log from clients that try.
 */
export class Throttle {
  /** Hashes of credentials that were valid at their last use. */
  readonly #proven = new Set<string>();
  readonly #failures = new Map<string, { count: number; until: number }>();
  readonly #options: ThrottleOptions;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Milliseconds that the address has to wait; 0 if it may send credentials. `now` in epoch milliseconds. */
  waitMs(address: string, now: number): number {
    const failures = this.#failures.get(address);
    return failures && failures.count >= this.#options.maxFailures ? Math.max(0, failures.until - now) : 0;
  }

  /**
   * Whether the credential with this hash was valid at its last use. Many clients may share one address (a proxy, this
   * machine): one with an invalid key must not lock out the others.
   */
  isProven(hash: string): boolean {
    return this.#proven.has(hash);
  }

  /** Records whether a credential was valid. */
  prove(hash: string, valid: boolean): void {
    this.#proven.delete(hash);
    if (!valid) return;
    this.#proven.add(hash);
    dropOldest(this.#proven, this.#options.maxAddresses);
  }

  /** Records an invalid credential. `now` in epoch milliseconds. */
  failed(address: string, now: number): void {
    const failures = this.#failures.get(address);
    if (failures && failures.until > now) {
      failures.count++;
      return;
    }
    this.#failures.delete(address);
    this.#failures.set(address, { count: 1, until: now + this.#options.windowMs });
    dropOldest(this.#failures, this.#options.maxAddresses);
  }
}

/** Sets and maps iterate in insertion order: the oldest entry comes first. */
function dropOldest(entries: Set<string> | Map<string, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(oldest);
  }
}
