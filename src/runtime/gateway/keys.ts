import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Accounts, Principal } from "../accounts/client.js";

/** How long an answer of accounts is believed although nothing was heard of a change. */
const believe = 60_000;
/** The same while no change can be heard: then accounts is asked again, and its older answer serves where it is silent. */
const believeUnheard = 2_000;
/** So long a request waits for that new answer; accounts may be unreachable altogether. */
const askAgainPatience = 300;
/** A key that is unknown now may be created in the next moment, so that is believed only shortly. */
const believeUnknown = 2_000;
/** Accounts may be restarting: a request is held this long before it is refused. */
const patience = 5_000;
const maxKnown = 50_000;
const maxUnknown = 10_000;
const maxAsked = 500;

interface Known {
  readonly lookup: Lookup;
  /** Epoch milliseconds of the answer, or of the last time that none came to the same question. */
  asked: number;
  /** Epoch milliseconds at which the key itself expires. */
  readonly expires: number;
  readonly until: number;
}

export type Lookup =
  | { readonly kind: "known"; readonly principal: Principal }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" };

/** API keys by their SHA-256, in memory, forgotten the moment that accounts tells of a change. */
export class Keys {
  readonly #known = new Map<string, Known>();
  readonly #unknown = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Lookup>>();
  /** Counts what was forgotten: an answer that was on its way meanwhile may be stale. */
  #generation = 0;
  /** Changes go unheard: the stream of them is broken. */
  #unheard = false;
  readonly #unwatch: () => void;

  constructor(private readonly accounts: Accounts) {
    this.#unwatch = accounts.watch((change) => {
      this.#unheard = change.kind === "lost";
      if (change.kind === "lost") return;
      this.#generation += 1;
      if (change.kind === "changed") {
        this.#known.delete(change.hash);
        this.#unknown.delete(change.hash);
      } else {
        this.#known.clear();
        this.#unknown.clear();
      }
    });
  }

  close(): void {
    this.#unwatch();
  }

  /** Keys held in memory. */
  get size(): number {
    return this.#known.size;
  }

  /** What is known of a key without asking anyone; undefined when accounts must be asked (`find`). */
  peek(hash: string, now: number): Lookup | undefined {
    const known = this.#known.get(hash);
    if (known !== undefined) {
      if (known.expires <= now) return unknownKey;
      const unheard = this.#unheard && known.asked + believeUnheard <= now;
      return known.until > now && !unheard ? known.lookup : undefined;
    }
    const unknown = this.#unknown.get(hash);
    return unknown !== undefined && unknown.until > now ? unknownKey : undefined;
  }

  /** Asks accounts; requests with the same key share one question. Never rejects. */
  async find(hash: string): Promise<Lookup> {
    const known = this.#unheard ? this.#known.get(hash) : undefined;
    if (known === undefined || known.until <= Date.now()) return this.#share(hash);
    const answer = await Promise.race([this.#share(hash), sleep(askAgainPatience, unavailable, { ref: false })]);
    if (answer.kind !== "unavailable" || known.expires <= Date.now()) return answer;
    known.asked = Date.now();
    return known.lookup;
  }

  #share(hash: string): Promise<Lookup> {
    const asked = this.#asked.get(hash);
    if (asked !== undefined) return asked;
    // A flood of made-up keys must not become a flood of questions.
    if (this.#asked.size >= maxAsked) return Promise.resolve(unavailable);
    const asking = this.#ask(hash).finally(() => this.#asked.delete(hash));
    this.#asked.set(hash, asking);
    return asking;
  }

  async #ask(hash: string): Promise<Lookup> {
    const deadline = Date.now() + patience;
    for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
      const generation = this.#generation;
      try {
        const principal = await this.accounts.authenticate(hash);
        // A change that arrived while the answer was on its way may be newer than the answer.
        if (generation === this.#generation) return this.#keep(hash, principal);
      } catch {
        if (Date.now() + wait > deadline) return unavailable;
        await new Promise((resolve) => setTimeout(resolve, wait));
        continue;
      }
      if (Date.now() > deadline) return unavailable;
    }
  }

  #keep(hash: string, principal: Principal | undefined): Lookup {
    const now = Date.now();
    if (principal === undefined || (principal.expires !== undefined && principal.expires <= now)) {
      this.#known.delete(hash);
      const until = now + believeUnknown;
      keepIn(this.#unknown, hash, { lookup: unknownKey, asked: now, expires: until, until }, maxUnknown);
      return unknownKey;
    }
    const lookup: Lookup = { kind: "known", principal };
    this.#unknown.delete(hash);
    keepIn(
      this.#known,
      hash,
      { lookup, asked: now, expires: principal.expires ?? Number.POSITIVE_INFINITY, until: now + believe },
      maxKnown,
    );
    return lookup;
  }
}

const unknownKey: Lookup = { kind: "unknown" };
const unavailable: Lookup = { kind: "unavailable" };

/** Keeps at most `most` entries; the one longest there goes first. */
function keepIn(map: Map<string, Known>, hash: string, known: Known, most: number): void {
  map.delete(hash);
  if (map.size >= most) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(hash, known);
}

/** The key in `Authorization: Bearer KEY`; undefined when there is none. */
export function bearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > 4096) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  const key = authorization.slice(7).trim();
  return key === "" ? undefined : key;
}

/** Hex SHA-256, as accounts keeps it. */
export function hashOf(key: string): string {
  return hash("sha256", key, "hex");
}
