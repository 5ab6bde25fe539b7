export interface ThrottleOptions {
  /** Invalid credentials from one address within the window, after which it is refused. */
  readonly maxFailures: number;
  /** Starts with the first failure. Milliseconds. */
  readonly windowMs: number;
  /** Maximum number of addresses, and of credentials, in memory. The oldest are removed first. */
  readonly maxAddresses: number;
}

/**
 * Limits the rate of invalid credentials per address. Keys have 256 random bits, so guessing one is not a risk; the limit
 * protects the database and the log from clients that try.
 */
export class Throttle {
  /** Hashes of credentials that were valid at their last use. */
  readonly #valid = new Set<string>();
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
  wasValid(hash: string): boolean {
    return this.#valid.has(hash);
  }

  /** Records whether a credential was valid. */
  recordUse(hash: string, valid: boolean): void {
    this.#valid.delete(hash);
    if (!valid) return;
    this.#valid.add(hash);
    dropOldest(this.#valid, this.#options.maxAddresses);
  }

  /** Records an invalid credential. `now` in epoch milliseconds. */
  recordFailure(address: string, now: number): void {
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
