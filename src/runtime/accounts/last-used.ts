import { sql } from "kysely";
import type { Logger } from "pino";
import { platformScope, reasonOf, type Tables } from "../database/client.js";
import type { AccountsSchema } from "./schema.js";

/** Milliseconds. */
const flushEvery = 5_000;

/** Collects when keys were used last and writes it in one statement now and then, so that no request waits for it. */
export class LastUsed {
  readonly #tables: Tables<AccountsSchema>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #uses = new Map<string, number>();

  constructor(tables: Tables<AccountsSchema>, log: Logger) {
    this.#tables = tables;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), flushEvery).unref();
  }

  /** `at` in epoch milliseconds. */
  note(keyId: string, at: number): void {
    this.#uses.set(keyId, Math.max(at, this.#uses.get(keyId) ?? 0));
  }

  /** Writes what has been collected; what cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    const ids = [...uses.keys()];
    const times = [...uses.values()].map((at) => new Date(at).toISOString());
    try {
      await this.#tables.transaction(
        platformScope,
        (open) =>
          sql`update api_keys set last_used = greatest(last_used, uses.at)
            from unnest(${ids}::text[], ${times}::timestamptz[]) as uses (id, at) where api_keys.id = uses.id`.execute(
            open,
          ),
        { repeatable: true },
      );
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "could not note when keys were used last");
      for (const [keyId, at] of uses) this.note(keyId, at);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
