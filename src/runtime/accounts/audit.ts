import { createHash } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { AuditAct } from "../../contracts/audit.js";
import type { AccountsSchema } from "./schema.js";

/** One operation to be recorded. */
export interface Act {
  readonly organisation: string;
  /** `user:usr_…`, `key:key_…`, `internal`. */
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

/** The previous hash of the first entry of a chain. */
const GENESIS = "0".repeat(64);

/**
 * Appends to the organisation's hash chain in the transaction of the act itself, so that neither is committed without the
 * other. Each hash covers the entry before, so `verifyAudit` detects an entry that was changed or removed.
 */
export async function audit(transaction: Transaction<AccountsSchema>, act: Act): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`keelson-audit ${act.organisation}`}, 0))`.execute(
    transaction,
  );
  const last = await transaction
    .selectFrom("audit")
    .select("hash")
    .where("organisation", "=", act.organisation)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const entry = {
    organisation: act.organisation,
    at: new Date(),
    actor: act.actor,
    act: act.act,
    subject: act.subject,
    detail: JSON.stringify(act.detail ?? {}),
    previous: last?.hash ?? GENESIS,
  };
  await transaction
    .insertInto("audit")
    .values({ ...entry, hash: hashOf(entry) })
    .execute();
}

/** Entries that the transaction may read, newest first. `before` is the id of the last entry of the page before. */
export async function readAudit(
  transaction: Transaction<AccountsSchema>,
  page: { readonly organisation: string | undefined; readonly before: number | undefined; readonly limit: number },
): Promise<AuditEntry[]> {
  const { organisation, before, limit } = page;
  return transaction
    .selectFrom("audit")
    .select([
      "id",
      "organisation",
      "at",
      "actor",
      "act",
      "subject",
      sql<string>`detail::text`.as("detail"),
      "previous",
      "hash",
    ])
    .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
    .$if(before !== undefined, (query) => query.where("id", "<", before ?? 0))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

export interface AuditVerdict {
  readonly intact: boolean;
  readonly entries: number;
  /** Hash of the newest entry. Stored elsewhere, it also reveals entries removed from the end. */
  readonly head: string;
  /** Id of the first entry that does not match its predecessor. */
  readonly brokenAt: number | undefined;
}

const PAGE_SIZE = 1_000;

/** Recomputes an organisation's chain from its first entry. */
export async function verifyAudit(
  transaction: Transaction<AccountsSchema>,
  organisation: string,
): Promise<AuditVerdict> {
  let entries = 0;
  let head = GENESIS;
  for (let after = 0; ; ) {
    const page = await transaction
      .selectFrom("audit")
      .select(["id", "at", "actor", "act", "subject", sql<string>`detail::text`.as("detail"), "previous", "hash"])
      .where("organisation", "=", organisation)
      .where("id", ">", after)
      .orderBy("id")
      .limit(PAGE_SIZE)
      .execute();
    for (const entry of page) {
      entries++;
      if (entry.previous !== head || entry.hash !== hashOf({ ...entry, organisation }))
        return { intact: false, entries, head, brokenAt: entry.id };
      head = entry.hash;
      after = entry.id;
    }
    if (page.length < PAGE_SIZE) return { intact: true, entries, head, brokenAt: undefined };
  }
}

function hashOf(entry: Omit<AuditEntry, "id" | "hash">): string {
  const { previous, organisation, at, actor, act, subject, detail } = entry;
  return createHash("sha256")
    .update(JSON.stringify([previous, organisation, at.toISOString(), actor, act, subject, detail]))
    .digest("hex");
}
