import { isIPv6 } from "node:net";

export interface ThrottleOptions {
  /** Wrong credentials from one address within the window, after which the next wrong one is refused with a time to wait. */
  readonly maxFailures: number;
  /** Starts with the first failure. Milliseconds. */
  readonly windowMs: number;
  /** Look-ups at the same time for an address that has reached `maxFailures`; more wait, up to `maxWaiting`. */
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
  /** Maximum number of addresses, and of credentials, in memory. The oldest are removed first. */
  readonly maxAddresses: number;
}

/** The outcome of a look-up. */
export type LookUp<Found> =
  | { readonly kind: "found"; readonly found: Found }
  | { readonly kind: "wrong" }
  /** Wrong, after too many wrong ones of the address; or so many wait that this one was not looked up. */
  | { readonly kind: "throttled"; readonly waitMs: number };

interface Failures {
  count: number;
  until: number;
  /** Look-ups of credentials that were not valid before. */
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Limits wrong credentials per address. A right one is accepted always: many clients share an address (a proxy, this machine), and
 * one that sends wrong credentials must not lock out the others. Keys have 256 random bits, so guessing one is no risk; the
 * limit protects the database and the log. It therefore bounds the look-ups of an address that has sent many wrong credentials, and a
 * right one among them waits for its turn.
 */
export class Throttle {
  /** Hashes of credentials that were valid at their last use: they are looked up without waiting. */
  readonly #valid = new Set<string>();
  readonly #failures = new Map<string, Failures>();
  readonly #options: ThrottleOptions;
  readonly #now: () => number;

  constructor(options: ThrottleOptions, now: () => number = Date.now) {
    this.#options = options;
    this.#now = now;
  }

  /** Looks up a credential by its hash. `lookUp` returns undefined for a wrong one. Rejects if `lookUp` does. */
  async lookUp<Found>(address: string, hash: string, lookUp: () => Promise<Found | undefined>): Promise<LookUp<Found>> {
    const failures = this.#of(networkOf(address));
    const known = this.#valid.has(hash);
    if (!known && !(await this.#admitted(failures))) return { kind: "throttled", waitMs: this.#waitMs(failures) };
    try {
      const found = await lookUp();
      if (found !== undefined) {
        this.#valid.delete(hash);
        this.#valid.add(hash);
        dropOldest(this.#valid, this.#options.maxAddresses);
        return { kind: "found", found };
      }
    } finally {
      if (!known) this.#release(failures);
    }
    this.#valid.delete(hash);
    failures.count++;
    if (failures.count <= this.#options.maxFailures) return { kind: "wrong" };
    return { kind: "throttled", waitMs: this.#waitMs(failures) };
  }

  #of(network: string): Failures {
    const now = this.#now();
    const existing = this.#failures.get(network);
    if (existing !== undefined) {
      if (existing.until <= now) {
        existing.count = 0;
        existing.until = now + this.#options.windowMs;
      }
      return existing;
    }
    const created: Failures = { count: 0, until: now + this.#options.windowMs, running: 0, waiting: [] };
    this.#failures.set(network, created);
    dropOldest(this.#failures, this.#options.maxAddresses);
    return created;
  }

  /** Resolves when the look-up may run; with false if too many wait already. */
  async #admitted(failures: Failures): Promise<boolean> {
    const { maxFailures, maxConcurrent, maxWaiting } = this.#options;
    // Look-ups in flight count as failures until they are known to be none: a burst does not pass before its first result.
    const limit = Math.max(maxConcurrent, maxFailures - failures.count);
    if (failures.running >= limit) {
      if (failures.waiting.length >= maxWaiting) return false;
      await new Promise<void>((resolve) => failures.waiting.push(resolve));
    }
    failures.running++;
    return true;
  }

  #release(failures: Failures): void {
    failures.running--;
    failures.waiting.shift()?.();
  }

  #waitMs({ until }: Failures): number {
    return Math.max(1, until - this.#now());
  }
}

/** The address itself; of an IPv6 address the network of 64 bits, which one host usually has for itself. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const omitted = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter((group) => group !== "").length;
  const all = [...groups, ...Array.from({ length: omitted }, () => "0"), ...(tail ?? "").split(":")];
  return `${all.slice(0, 4).join(":")}::/64`;
}

/** Sets and maps iterate in insertion order: the oldest entry comes first. */
function dropOldest(entries: Set<string> | Map<string, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(oldest);
  }
}
