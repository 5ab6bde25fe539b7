import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "prom-client";
import type { Actor } from "../../contracts/credentials.js";
import { KeelsonError } from "../../errors/keelson-error.js";

/** Age of the last successful look-up until which a session is accepted while it cannot be looked up. */
const MAX_AGE_MS = 5 * 60_000;
/** Time for a look-up before a recent session is accepted without it; its result still counts for the next request. */
const LOOK_UP_MS = 300;
const MAX_SESSIONS = 10_000;

/** The recent sessions of each process, by the process's registry of metrics. */
const processes = new WeakMap<Registry, RecentSessions>();

export function recentSessionsOf(metrics: Registry): RecentSessions {
  const existing = processes.get(metrics) ?? new RecentSessions();
  processes.set(metrics, existing);
  return existing;
}

/**
 * Sessions that were valid a short time ago. While PostgreSQL is unreachable, during a drill of it for example, a person who has
 * signed in can still read the state of the platform and follow or cancel the drill. A session that was ended meanwhile may be
 * accepted until the database responds, for `MAX_AGE_MS` at most.
 */
export class RecentSessions {
  readonly #sessions = new Map<string, { readonly actor: Actor; readonly at: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Looks up a session by its hash. If `recallable`, a recent session is accepted when the look-up fails because a part of the
   * platform is unavailable, or takes longer than 300 ms.
   */
  async lookUp(hash: string, recallable: boolean, find: () => Promise<Actor | undefined>): Promise<Actor | undefined> {
    const recent = recallable ? this.#recent(hash) : undefined;
    const looking = this.#proven(hash, find);
    if (recent === undefined) return looking;
    const waiting = new AbortController();
    try {
      const slow = sleep(LOOK_UP_MS, recent, { signal: waiting.signal, ref: false });
      return await Promise.race([looking, slow.catch(() => recent)]);
    } catch (error) {
      if (error instanceof KeelsonError && error.code.endsWith("/unavailable")) return recent;
      throw error;
    } finally {
      waiting.abort();
      looking.catch(() => undefined);
    }
  }

  async #proven(hash: string, find: () => Promise<Actor | undefined>): Promise<Actor | undefined> {
    const actor = await find();
    this.#sessions.delete(hash);
    if (actor !== undefined) this.#sessions.set(hash, { actor, at: this.#now() });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return actor;
  }

  #recent(hash: string): Actor | undefined {
    const session = this.#sessions.get(hash);
    return session !== undefined && this.#now() - session.at <= MAX_AGE_MS ? session.actor : undefined;
  }
}
