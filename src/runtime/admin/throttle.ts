import { networkOf } from "../kernel/client-networks.js";
import { Turns } from "./turns.js";

export interface ThrottleOptions {
  /** Wrong credentials from one address within the window, after which the next wrong one is refused with a time to wait. */
  readonly maxFailures: number;
  /** Starts with the first failure. Milliseconds. */
  readonly windowMs: number;
  /** Look-ups at the same time of credentials that were not valid at their last use. */
  readonly maxConcurrent: number;
  /** Maximum number of addresses, and of credentials, in memory. The oldest are removed first. */
  readonly maxAddresses: number;
}

/** The outcome of a look-up. */
export type LookUp<Found> =
  | { readonly kind: "found"; readonly found: Found }
  | { readonly kind: "wrong" }
  /** Wrong, after too many wrong ones of the address. */
  | { readonly kind: "throttled"; readonly waitMs: number };

interface Failures {
  count: number;
  until: number;
}

/**
 * Limits wrong credentials per address. A right one is accepted always, because many clients share an address (a proxy, this machine),
 * and one that sends wrong credentials must not lock out the others: every credential is looked up, in its turn. Keys have 256
 * random bits, so guessing one is no risk; the limit makes a client with a wrong key wait.
 */
export class Throttle {
  /** Hashes of credentials that were valid at their last use: they are looked up without waiting. */
  readonly #valid = new Set<string>();
  readonly #failures = new Map<string, Failures>();
  readonly #turns: Turns;
  readonly #options: ThrottleOptions;
  readonly #now: () => number;

  constructor(options: ThrottleOptions, now: () => number = Date.now) {
    this.#options = options;
    this.#turns = new Turns({ max: options.maxConcurrent });
    this.#now = now;
  }

  /** Looks up a credential by its hash. `lookUp` returns undefined for a wrong one. Rejects if `lookUp` does. */
  async lookUp<Found>(address: string, hash: string, lookUp: () => Promise<Found | undefined>): Promise<LookUp<Found>> {
    const network = networkOf(address);
    const found = this.#valid.has(hash) ? await lookUp() : await this.#turns.run(network, lookUp);
    this.#valid.delete(hash);
    if (found !== undefined) {
      this.#valid.add(hash);
      dropOldest(this.#valid, this.#options.maxAddresses);
      return { kind: "found", found };
    }
    const failures = this.#of(network);
    failures.count++;
    if (failures.count <= this.#options.maxFailures) return { kind: "wrong" };
    return { kind: "throttled", waitMs: Math.max(1, failures.until - this.#now()) };
  }

  #of(network: string): Failures {
    const now = this.#now();
    const existing = this.#failures.get(network);
    if (existing !== undefined && existing.until > now) return existing;
    const created: Failures = { count: 0, until: now + this.#options.windowMs };
    this.#failures.delete(network);
    this.#failures.set(network, created);
    dropOldest(this.#failures, this.#options.maxAddresses);
    return created;
  }
}

/** Sets and maps iterate in insertion order: the oldest entry comes first. */
function dropOldest(entries: Set<string> | Map<string, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(oldest);
  }
}
