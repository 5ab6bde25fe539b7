import { createHash, createHmac } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { sql, type Transaction } from "kysely";
import type { Logger } from "pino";
import { writeAtomically } from "../../disk/atomic-file.js";
import { readIfPresent } from "../../disk/read.js";
import type { Tables } from "../database/client.js";
import { type Head, headsDocument } from "./audit-heads.js";
import type { AccountsSchema } from "./schema.js";

/** The chain of acts on the platform itself. */
export const PLATFORM_CHAIN = "*";

/** What the hash of an entry covers. */
export interface HashedEntry {
  readonly organisation: string;
  readonly at: Date;
  readonly actor: string;
  readonly act: string;
  readonly subject: string;
  /** JSON text, exactly as it is stored. */
  readonly detail: string;
  readonly previous: string;
}

/** The chain that an open transaction appends to, with the newest entries that it has appended. */
interface OpenChain {
  readonly chain: AuditChain;
  readonly appended: Map<string, Head>;
}

const openChains = new WeakMap<object, OpenChain>();

/**
 * The key of the hash chains, and their newest entries as this process has last seen them. Both are outside of the database: a
 * process that can write to its tables can neither compute hashes nor remove entries from the end unnoticed.
 */
export class AuditChain {
  readonly #key: string;
  readonly #file: string;
  readonly #log: Logger;
  readonly #heads: Map<string, Head>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(key: string, file: string, log: Logger, heads: Map<string, Head>) {
    this.#key = key;
    this.#file = file;
    this.#log = log;
    this.#heads = heads;
  }

  /** `file`: the newest entries, which this process writes. `first`: there was no such file. */
  static async open(key: string, file: string, log: Logger): Promise<{ chain: AuditChain; first: boolean }> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = await readIfPresent(file);
    const heads = text === undefined ? {} : headsDocument.parse(JSON.parse(text));
    return { chain: new AuditChain(key, file, log, new Map(Object.entries(heads))), first: text === undefined };
  }

  /** Hex HMAC-SHA-256. */
  hashOf(entry: HashedEntry): string {
    return createHmac("sha256", this.#key).update(covered(entry)).digest("hex");
  }

  /** The newest entry of a chain that this process knows of. */
  head(organisation: string): Head | undefined {
    return this.#heads.get(organisation);
  }

  /** Chains that this process has seen entries of. */
  get chains(): readonly string[] {
    return [...this.#heads.keys()];
  }

  /** Publishes the newest entries: in the log, which is usually collected elsewhere, and in the file. */
  committed(appended: ReadonlyMap<string, Head>): void {
    for (const [organisation, head] of appended) {
      const known = this.#heads.get(organisation);
      if (known !== undefined && known.id > head.id) continue;
      this.#heads.set(organisation, head);
      this.#log.info({ chain: organisation, entry: head.id, hash: head.hash }, "appended to the audit log");
    }
    if (appended.size > 0) this.#write();
  }

  /** Replaces what is known of the newest entries of chains; undefined: nothing, until the next one is appended. */
  expect(heads: Readonly<Record<string, Head | undefined>>): void {
    for (const [organisation, head] of Object.entries(heads))
      if (head === undefined) this.#heads.delete(organisation);
      else this.#heads.set(organisation, head);
  }

  /** Resolves when the file is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #write(): void {
    this.#writing = this.#writing
      .then(() => writeAtomically(this.#file, JSON.stringify(Object.fromEntries(this.#heads))))
      .catch((error: unknown) => this.#log.error({ err: error }, "cannot store the newest entries of the audit log"));
  }
}

/** Hash of an entry of an earlier release, without a key. */
export function plainHashOf(entry: HashedEntry): string {
  return createHash("sha256").update(covered(entry)).digest("hex");
}

function covered({ previous, organisation, at, actor, act, subject, detail }: HashedEntry): string {
  return JSON.stringify([previous, organisation, at.toISOString(), actor, act, subject, detail]);
}

/** The tables, with a chain for the acts of each transaction; what a transaction appends is published when it is committed. */
export function auditedTables(tables: Tables<AccountsSchema>, chain: AuditChain): Tables<AccountsSchema> {
  return {
    async transaction(scope, work, options) {
      let appended = new Map<string, Head>();
      const result = await tables.transaction(
        scope,
        (open) => {
          // A transaction that is repeated appends again.
          appended = new Map();
          openChains.set(open, { chain, appended });
          return work(open);
        },
        options,
      );
      chain.committed(appended);
      return result;
    },
  };
}

/** The chain of an open transaction. Throws for one that does not come from `auditedTables` (a defect). */
export function openChainOf(transaction: object): OpenChain {
  const open = openChains.get(transaction);
  if (open === undefined) throw new Error("this transaction has no audit chain");
  return open;
}

/** Performs a part of an audited transaction. If it fails, its changes and its entries are undone, and the transaction goes on. */
export async function undoneOnFailure<Result>(
  transaction: Transaction<AccountsSchema>,
  part: () => Promise<Result>,
): Promise<Result> {
  const { appended } = openChainOf(transaction);
  const before = new Map(appended);
  await sql`savepoint part`.execute(transaction);
  try {
    return await part();
  } catch (error) {
    await sql`rollback to savepoint part`.execute(transaction);
    appended.clear();
    for (const [organisation, head] of before) appended.set(organisation, head);
    throw error;
  }
}
