import type { Logger } from "pino";
import type { Principal } from "../../contracts/credentials.js";
import { messageOf } from "../../errors/thrown.js";
import type { Accounts } from "../accounts/client.js";
import { networkOf } from "../kernel/client-networks.js";
import { type Clock, delay, SYSTEM_CLOCK } from "../kernel/clock.js";
import { type Claimant, FairQueue } from "./limits/fair-queue.js";
import { SharedLimit } from "./limits/shared-limit.js";

/** Times of the key cache. */
export interface KeyCacheTimes {
  /** A principal is cached for this time. Changes arrive sooner, by notification. */
  readonly cacheTtlMs: number;
  /** While the change stream is broken, a principal older than this is revalidated; the cached one serves if that fails. */
  readonly staleTtlMs: number;
  /** Maximum time that a request waits for the revalidation. */
  readonly revalidateTimeoutMs: number;
  /** An invalid key is cached for this time: it may be created at any moment. */
  readonly negativeTtlMs: number;
  /** A look-up is retried for this time while accounts is unavailable (it may be restarting). */
  readonly lookupTimeoutMs: number;
}

export const KEY_CACHE_TIMES: KeyCacheTimes = {
  cacheTtlMs: 60_000,
  staleTtlMs: 2_000,
  revalidateTimeoutMs: 300,
  negativeTtlMs: 2_000,
  lookupTimeoutMs: 5_000,
};

const MAX_CACHED = 50_000;
const MAX_NEGATIVE = 10_000;
/** Look-ups at the same time. The accounts module has ten connections to its database. */
const MAX_ACTIVE_LOOKUPS = 32;
/** Look-ups that wait or are active. The networks of clients share them, and are served in turn. */
const MAX_LOOKUPS = 10_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

interface Entry {
  readonly lookup: Lookup;
  /** Epoch milliseconds of the response, or of the last attempt to revalidate it. */
  checkedAt: number;
  /** Epoch milliseconds at which the key itself expires. */
  readonly keyExpiresAt: number;
  /** Epoch milliseconds at which the entry expires. */
  readonly expiresAt: number;
}

interface WaitingLookup extends Claimant {
  start(): void;
}

export type Lookup =
  | { readonly kind: "known"; readonly principal: Principal }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" };

/** A cache of API keys by their SHA-256. Accounts notifies it of changes, so a revoked key is refused at once. */
export class Keys {
  readonly #cached = new Map<string, Entry>();
  readonly #negative = new Map<string, Entry>();
  readonly #lookups = new Map<string, Promise<Lookup>>();
  readonly #slots = new SharedLimit(MAX_LOOKUPS);
  readonly #waiting = new FairQueue<WaitingLookup>();
  #active = 0;
  /** Counts invalidations: the response to a look-up that was in flight meanwhile may be stale. */
  #generation = 0;
  /** The change stream is broken: changes may be missed. */
  #stale = false;
  /** The newest look-up failed. Only the first of several consecutive failures is logged. */
  #failing = false;
  readonly #unwatch: () => void;

  constructor(
    private readonly accounts: Accounts,
    private readonly log: Logger,
    private readonly clock: Clock = SYSTEM_CLOCK,
    private readonly times: KeyCacheTimes = KEY_CACHE_TIMES,
  ) {
    this.#unwatch = accounts.watch((change) => {
      this.#stale = change.kind === "lost";
      if (change.kind === "lost") return;
      this.#generation += 1;
      if (change.kind === "changed") {
        this.#cached.delete(change.hash);
        this.#negative.delete(change.hash);
      } else {
        this.#cached.clear();
        this.#negative.clear();
      }
    });
  }

  close(): void {
    this.#unwatch();
  }

  /** Number of cached keys. */
  get size(): number {
    return this.#cached.size;
  }

  /** The cached result for a key; undefined when `find` has to look it up. `now`: epoch milliseconds. */
  peek(hash: string, now: number): Lookup | undefined {
    const cached = this.#cached.get(hash);
    if (cached !== undefined) {
      if (cached.keyExpiresAt <= now) return UNKNOWN;
      const stale = this.#stale && cached.checkedAt + this.times.staleTtlMs <= now;
      return cached.expiresAt > now && !stale ? cached.lookup : undefined;
    }
    const negative = this.#negative.get(hash);
    return negative !== undefined && negative.expiresAt > now ? UNKNOWN : undefined;
  }

  /**
   * Looks a key up in accounts; concurrent requests with the same key share one look-up. `client`: the address of the
   * client, whose network gets its share of the look-ups. Never rejects.
   */
  async find(hash: string, client: string): Promise<Lookup> {
    const cached = this.#stale ? this.#cached.get(hash) : undefined;
    if (cached === undefined || cached.expiresAt <= this.clock.now()) return this.#shared(hash, client);
    const timeout = delay(this.clock, this.times.revalidateTimeoutMs).then(() => UNAVAILABLE);
    const result = await Promise.race([this.#shared(hash, client), timeout]);
    if (result.kind !== "unavailable" || cached.keyExpiresAt <= this.clock.now()) return result;
    cached.checkedAt = this.clock.now();
    return cached.lookup;
  }

  #shared(hash: string, client: string): Promise<Lookup> {
    const known = this.#lookups.get(hash);
    if (known !== undefined) return known;
    const owner = networkOf(client);
    if (!this.#slots.take(owner, 1, this.clock.now())) return Promise.resolve(UNAVAILABLE);
    const lookup = this.#inTurn(owner, hash).finally(() => {
      this.#lookups.delete(hash);
      this.#slots.release(owner, 1);
    });
    this.#lookups.set(hash, lookup);
    return lookup;
  }

  /** Waits for the turn of the network, at most as long as a look-up may take. */
  async #inTurn(owner: string, hash: string): Promise<Lookup> {
    if (this.#active >= MAX_ACTIVE_LOOKUPS) {
      const isTurn = await new Promise<boolean>((resolve) => {
        const waiting = { owner, member: "", start: () => resolve(true) };
        const cancel = this.clock.after(this.times.lookupTimeoutMs, () => {
          if (this.#waiting.remove(waiting)) resolve(false);
        });
        waiting.start = () => {
          cancel();
          resolve(true);
        };
        this.#waiting.push(waiting);
      });
      if (!isTurn) return UNAVAILABLE;
    } else this.#active += 1;
    try {
      return await this.#lookUp(hash);
    } finally {
      // The next one takes over the place.
      const next = this.#waiting.first();
      if (next === undefined) this.#active -= 1;
      else {
        this.#waiting.serve(next);
        next.start();
      }
    }
  }

  async #lookUp(hash: string): Promise<Lookup> {
    const deadline = this.clock.now() + this.times.lookupTimeoutMs;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      const generation = this.#generation;
      try {
        const principal = await this.accounts.authenticate(hash);
        if (this.#failing) this.log.info("API keys can be looked up again");
        this.#failing = false;
        // A change that arrived during the look-up may be newer than its response.
        if (generation === this.#generation) return this.#store(hash, principal);
      } catch (error) {
        if (!this.#failing)
          this.log.warn({ reason: messageOf(error) }, "API keys cannot be looked up; cached keys work");
        this.#failing = true;
        if (this.clock.now() + retryMs > deadline) return UNAVAILABLE;
        await delay(this.clock, retryMs);
        continue;
      }
      if (this.clock.now() > deadline) return UNAVAILABLE;
    }
  }

  #store(hash: string, principal: Principal | undefined): Lookup {
    const now = this.clock.now();
    if (principal === undefined || (principal.expires !== undefined && principal.expires <= now)) {
      this.#cached.delete(hash);
      const expiresAt = now + this.times.negativeTtlMs;
      insert(
        this.#negative,
        hash,
        { lookup: UNKNOWN, checkedAt: now, keyExpiresAt: expiresAt, expiresAt },
        MAX_NEGATIVE,
      );
      return UNKNOWN;
    }
    const lookup: Lookup = { kind: "known", principal };
    const keyExpiresAt = principal.expires ?? Number.POSITIVE_INFINITY;
    this.#negative.delete(hash);
    insert(
      this.#cached,
      hash,
      { lookup, checkedAt: now, keyExpiresAt, expiresAt: now + this.times.cacheTtlMs },
      MAX_CACHED,
    );
    return lookup;
  }
}

const UNKNOWN: Lookup = { kind: "unknown" };
const UNAVAILABLE: Lookup = { kind: "unavailable" };

/** Inserts an entry; removes the oldest one if the map has `maximum` entries. */
function insert(map: Map<string, Entry>, hash: string, entry: Entry, maximum: number): void {
  map.delete(hash);
  if (map.size >= maximum) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(hash, entry);
}

/** The key in `Authorization: Bearer KEY`; undefined when there is none. */
export function bearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > 4096) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  const key = authorization.slice(7).trim();
  return key === "" ? undefined : key;
}
