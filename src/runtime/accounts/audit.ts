import { type RawBuilder, sql, type Transaction } from "kysely";
import type { AuditAct } from "../../contracts/audit.js";
import { openChainOf } from "./audit-chain.js";
import { GAP_ACT, isStored } from "./audit-gaps.js";
import type { Head } from "./audit-heads.js";
import { contains } from "./page.js";
import type { AccountsSchema } from "./schema.js";

/** One operation to be recorded. */
export interface Act {
  readonly organisation: string;
  /** `user:usr_…`, `key:key_…`, `os:…`, `internal`. */
  readonly actor: string;
  readonly act: AuditAct;
  /** Id of the object that the operation changed. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry {
  readonly id: number;
  readonly organisation: string;
  readonly at: Date;
  readonly actor: string;
  readonly act: string;
  readonly subject: string;
  /** JSON text, exactly as it was hashed. */
  readonly detail: string;
  readonly previous: string;
  readonly hash: string;
}

/** PostgreSQL accepts 65,535 parameters; a row has nine. */
const MAX_ROWS_OF_INSERT = 1_000;

/** The previous hash of the first entry of a chain. */
export const GENESIS = "0".repeat(64);

/**
 * Appends to the organisation's hash chain in the transaction of the act itself, so that neither is committed without the
 * other. Each hash covers the entry before, so `verifyAudit` detects an entry that was changed or removed. If the newest entry that
 * this process knows of is missing, an entry about that comes first. `id`: an act with the same id is recorded once.
 */
export async function audit(
  transaction: Transaction<AccountsSchema>,
  act: Act,
  { id, at = new Date() }: { readonly id?: string | undefined; readonly at?: Date } = {},
): Promise<void> {
  await lockChain(transaction, act.organisation);
  if (id !== undefined && (await isRecorded(transaction, id))) return;
  await recordGap(transaction, act.organisation);
  await append(transaction, act.organisation, [act], { id, at });
}

/** Appends many acts of one transaction, which may be of several organisations. */
export async function auditAll(transaction: Transaction<AccountsSchema>, acts: readonly Act[]): Promise<void> {
  // Every transaction locks the chains in the same order.
  for (const organisation of [...new Set(acts.map((act) => act.organisation))].sort()) {
    const own = acts.filter((act) => act.organisation === organisation);
    await lockChain(transaction, organisation);
    await recordGap(transaction, organisation);
    for (let from = 0; from < own.length; from += MAX_ROWS_OF_INSERT)
      await append(transaction, organisation, own.slice(from, from + MAX_ROWS_OF_INSERT), {});
  }
}

/** One transaction at a time appends to a chain. */
async function lockChain(transaction: Transaction<AccountsSchema>, organisation: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`keelson-audit ${organisation}`}, 0))`.execute(transaction);
}

/** If the newest entry that this process knows of is missing, appends an entry about that, which nothing after it can hide. */
async function recordGap(transaction: Transaction<AccountsSchema>, organisation: string): Promise<void> {
  const { chain, appended } = openChainOf(transaction);
  const known = appended.has(organisation) ? undefined : chain.head(organisation);
  if (known === undefined || (await isStored(transaction, known))) return;
  const gap = {
    organisation,
    actor: "internal",
    act: GAP_ACT,
    subject: `${known.id}`,
    detail: { missing: known },
  } as const;
  await append(transaction, organisation, [gap], {});
}

/** Whether the act with this id is recorded. */
export async function isRecorded(transaction: Transaction<AccountsSchema>, id: string): Promise<boolean> {
  const query = transaction.selectFrom("audit").select("id").where("act_id", "=", id);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Appends the entries of acts of one organisation, in the turn of its chain. `id`: of the only act. */
async function append(
  transaction: Transaction<AccountsSchema>,
  organisation: string,
  acts: readonly Act[],
  { id, at = new Date() }: { readonly id?: string | undefined; readonly at?: Date },
): Promise<void> {
  const { chain, appended } = openChainOf(transaction);
  const last = await transaction
    .selectFrom("audit")
    .select("hash")
    .where("organisation", "=", organisation)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  let hash = last?.hash ?? GENESIS;
  const rows = acts.map(({ actor, act, subject, detail = {} }) => {
    const entry = { organisation, at, actor, act, subject, detail: JSON.stringify(detail), previous: hash };
    hash = chain.hashOf(entry);
    return { ...entry, hash, keyed: true, act_id: id ?? null };
  });
  // PostgreSQL inserts the rows of one statement, and numbers them, in their order.
  const inserted = await transaction.insertInto("audit").values(rows).returning("id").execute();
  const newest = inserted.at(-1);
  if (newest !== undefined) appended.set(organisation, { id: newest.id, hash });
}

export interface AuditQuery {
  /** Undefined: every organisation that the transaction may read. */
  readonly organisation: string | undefined;
  /** Part of an actor, act or subject, or of the name of a user or key that is one. */
  readonly search?: string | undefined;
  /** Id of the last entry of the page before. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** Entries that the transaction may read, newest first. */
export async function readAudit(transaction: Transaction<AccountsSchema>, query: AuditQuery): Promise<AuditEntry[]> {
  const { organisation, search = "", before, limit } = query;
  return transaction
    .selectFrom("audit")
    .select([...ENTRY_COLUMNS, sql<string>`detail::text`.as("detail")])
    .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
    .$if(search !== "", (query) => query.where(matches(search)))
    .$if(before !== undefined, (query) => query.where("id", "<", before ?? 0))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

function matches(search: string): RawBuilder<boolean> {
  const named = sql`select id from users where ${contains("name", search)}
    union all select id from api_keys where ${contains("name", search)}`;
  return sql<boolean>`(${contains("actor", search)} or ${contains("act", search)} or ${contains("subject", search)}
    or subject in (${named}) or split_part(actor, ':', 2) in (${named}))`;
}

/** Names of the users and keys that are actors or subjects of entries, by id, as far as the transaction may read them. */
export async function namesIn(
  transaction: Transaction<AccountsSchema>,
  entries: readonly Pick<AuditEntry, "actor" | "subject">[],
): Promise<Readonly<Record<string, string>>> {
  const ids = [...new Set(entries.flatMap(({ actor, subject }) => [actor.replace(/^\w+:/, ""), subject]))];
  if (ids.length === 0) return {};
  const rows = await transaction
    .selectFrom("users")
    .select(["id", "name"])
    .where("id", "in", ids)
    .unionAll(transaction.selectFrom("api_keys").select(["id", "name"]).where("id", "in", ids))
    .execute();
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}

export const ENTRY_COLUMNS = ["id", "organisation", "at", "actor", "act", "subject", "previous", "hash"] as const;

/** The chains whose newest known entries are missing, as after a restore of the database to an earlier time. */
export async function missingHeads(transaction: Transaction<AccountsSchema>): Promise<Record<string, Head>> {
  const { chain } = openChainOf(transaction);
  const missing: Record<string, Head> = {};
  for (const organisation of chain.chains) {
    const head = chain.head(organisation);
    if (head !== undefined && !(await isStored(transaction, head))) missing[organisation] = head;
  }
  return missing;
}
