import { sql } from "kysely";
import { PLATFORM_SCOPE, type Tables } from "../database/client.js";
import type { AccountsSchema } from "./schema.js";

/** Hashes of one query. */
const MAX_BATCH = 1_000;

type Find = (hashes: readonly string[]) => Promise<ReadonlySet<string>>;

interface Waiting {
  readonly asked: Promise<boolean>;
  resolve(stored: boolean): void;
  reject(error: unknown): void;
}

/**
 * Which credentials exist. All hashes that arrive during one query are looked up by the next one, so that a client which sends any
 * number of made-up credentials costs a share of a query, and delays a right one by two queries at most. The checksum of a
 * token does not protect against such a client, because everyone can compute it.
 */
export class StoredCredentials {
  #waiting = new Map<string, Waiting>();
  #querying = false;
  readonly #find: Find;

  constructor(find: Find) {
    this.#find = find;
  }

  /** Whether a credential with this hex SHA-256 is stored and has not expired. Rejects if the query does. */
  has(hash: string): Promise<boolean> {
    const known = this.#waiting.get(hash);
    if (known !== undefined) return known.asked;
    let settle: Omit<Waiting, "asked"> = { resolve: () => undefined, reject: () => undefined };
    const asked = new Promise<boolean>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#waiting.set(hash, { asked, ...settle });
    if (!this.#querying) void this.#query();
    return asked;
  }

  async #query(): Promise<void> {
    this.#querying = true;
    // The hashes of one turn of the event loop belong to the first query as well.
    await new Promise(setImmediate);
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_BATCH);
      for (const [hash] of batch) this.#waiting.delete(hash);
      try {
        const stored = await this.#find(batch.map(([hash]) => hash));
        for (const [hash, { resolve }] of batch) resolve(stored.has(hash));
      } catch (error) {
        for (const [, { reject }] of batch) reject(error);
      }
    }
    this.#querying = false;
  }
}

/** The keys, sessions and sign-in links of the database that have not ended. */
export function storedCredentials(tables: Tables<AccountsSchema>): StoredCredentials {
  const find: Find = (hashes) =>
    tables.transaction(
      PLATFORM_SCOPE,
      async (open) => {
        const wanted = sql`any(${hashes}::text[])`;
        const { rows } = await sql<{ hash: string }>`
          select hash from api_keys where hash = ${wanted} and revoked is null and (expires is null or expires > now())
          union all select hash from sessions where hash = ${wanted} and expires > now()
          union all select hash from sign_in_links where hash = ${wanted} and expires > now()`.execute(open);
        return new Set(rows.map(({ hash }) => hash));
      },
      { repeatable: true },
    );
  return new StoredCredentials(find);
}
