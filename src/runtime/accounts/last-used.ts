import { sql } from "kysely";
import type { Logger } from "pino";
import { PLATFORM_SCOPE, reasonOf, type Tables } from "../database/client.js";
import type { AccountsSchema } from "./schema.js";

const FLUSH_INTERVAL_MS = 5_000;

/** Records the last use of keys and writes it in one statement per interval, so that no request waits for a write. */
export class LastUsed {
  readonly #tables: Tables<AccountsSchema>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #uses = new Map<string, number>();

  constructor(tables: Tables<AccountsSchema>, log: Logger) {
    this.#tables = tables;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  /** `at` in epoch milliseconds. */
  record(keyId: string, at: number): void {
    this.#uses.set(keyId, Math.max(at, this.#uses.get(keyId) ?? 0));
  }

  /** Writes the recorded uses. If the write fails, the next flush writes them. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    const ids = [...uses.keys()];
    const times = [...uses.values()].map((at) => new Date(at).toISOString());
    try {
      await this.#tables.transaction(
        PLATFORM_SCOPE,
        (open) =>
          sql`update api_keys set last_used = greatest(last_used, uses.at)
            from unnest(${ids}::text[], ${times}::timestamptz[]) as uses (id, at) where api_keys.id = uses.id`.execute(
            open,
          ),
        { repeatable: true },
      );
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "cannot store the last use of keys; retrying");
      for (const [keyId, at] of uses) this.record(keyId, at);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
