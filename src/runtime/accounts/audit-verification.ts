import { createHash } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { audit, ENTRY_COLUMNS, GENESIS } from "./audit.js";
import { openChainOf, PLATFORM_CHAIN, plainHashOf } from "./audit-chain.js";
import { GAP_ACT, gapOf, isStored, OpenGaps } from "./audit-gaps.js";
import type { AccountsSchema } from "./schema.js";

type Open = Transaction<AccountsSchema>;

/** The part of the log to be verified. */
export interface AuditRange {
  /** Undefined: every chain that the transaction may read. */
  readonly organisation: string | undefined;
  /** Only entries after the one with this id; those before are trusted. 0: from the first one. */
  readonly after: number;
  /** Maximum number of entries to read. */
  readonly limit: number;
}

export interface AuditVerdict {
  /** Of the entries that were read. At the end of the log also: no entry is missing there. */
  readonly intact: boolean;
  readonly entries: number;
  /** Hash of the newest entry; at the end of several chains that of the newest of each. */
  readonly head: string;
  /** Id of the first entry that does not match its predecessor. */
  readonly brokenAt: number | undefined;
  /** Entries were removed from the end: the newest one that this process knows of is missing, or was when the next was appended. */
  readonly truncated: boolean;
  /** `after` of the next range; undefined at the end of the log. */
  readonly next: number | undefined;
}

/** What the next entry of a chain must continue. */
interface Link {
  readonly hash: string;
  readonly keyed: boolean;
}

const PAGE_SIZE = 1_000;

/**
 * Recomputes a range of the chains, in the order of their entries. Entries of earlier releases have no key: they may only precede
 * one that has a key, whose hash covers them.
 */
export async function verifyAudit(open: Open, { organisation, after, limit }: AuditRange): Promise<AuditVerdict> {
  const { chain } = openChainOf(open);
  const links = new Map<string, Link>();
  let entries = 0;
  let last = { id: after, hash: GENESIS };
  while (entries < limit) {
    const size = Math.min(PAGE_SIZE, limit - entries);
    const page = await open
      .selectFrom("audit")
      .select([...ENTRY_COLUMNS, "keyed", sql<string>`detail::text`.as("detail")])
      .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
      .where("id", ">", last.id)
      .orderBy("id")
      .limit(size)
      .execute();
    for (const entry of page) {
      entries++;
      const before = links.get(entry.organisation) ?? (await linkBefore(open, entry.organisation, after));
      const expected = entry.keyed ? chain.hashOf(entry) : before.keyed ? undefined : plainHashOf(entry);
      if (entry.previous !== before.hash || entry.hash !== expected)
        return { intact: false, entries, head: last.hash, brokenAt: entry.id, truncated: false, next: undefined };
      links.set(entry.organisation, entry);
      last = entry;
    }
    if (page.length < size)
      return { entries, brokenAt: undefined, next: undefined, ...(await verifyEnd(open, organisation)) };
  }
  return { intact: true, entries, head: last.hash, brokenAt: undefined, truncated: false, next: last.id };
}

/** The newest entry of a chain up to an id. */
async function linkBefore(open: Open, organisation: string, id: number): Promise<Link> {
  const found = await open
    .selectFrom("audit")
    .select(["hash", "keyed"])
    .where("organisation", "=", organisation)
    .where("id", "<=", id)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return found ?? { hash: GENESIS, keyed: false };
}

/** Whether the chains end with the entries that this process knows of, and where they were found to end too early before. */
async function verifyEnd(
  open: Open,
  organisation: string | undefined,
): Promise<Pick<AuditVerdict, "intact" | "truncated" | "head">> {
  const { chain } = openChainOf(open);
  const newest = await newestEntries(open, organisation);
  const hashes = new Set(newest.map(({ hash }) => hash));
  let truncated = await hasOpenGap(open, organisation);
  for (const name of organisation === undefined ? chain.chains : [organisation]) {
    const known = chain.head(name);
    if (known !== undefined && !hashes.has(known.hash) && !(await isStored(open, known))) truncated = true;
  }
  const heads = newest.map(({ hash }) => hash);
  return {
    intact: !truncated && newest.every(({ keyed }) => keyed),
    truncated,
    head:
      organisation === undefined ? createHash("sha256").update(heads.join("\n")).digest("hex") : (heads[0] ?? GENESIS),
  };
}

/** The newest entry of each chain: one look-up in the index for each, instead of reading the log. */
async function newestEntries(open: Open, organisation: string | undefined) {
  const { rows } = await sql<{ organisation: string; hash: string; keyed: boolean }>`
    select chains.id as organisation, newest.hash, newest.keyed
    from (select id from organisations union select ${PLATFORM_CHAIN}) chains
    cross join lateral (
      select hash, keyed from audit where audit.organisation = chains.id order by audit.id desc limit 1
    ) newest
    where ${organisation ?? null}::text is null or chains.id = ${organisation ?? null}
    order by chains.id collate "C"`.execute(open);
  return rows;
}

/** Whether the newest entry has a hash by another key than that of this process: the key was lost and replaced, or the entry changed. */
export async function isOfOtherKey(open: Open): Promise<boolean> {
  const newest = await open
    .selectFrom("audit")
    .select([...ENTRY_COLUMNS, "keyed", sql<string>`detail::text`.as("detail")])
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return newest?.keyed === true && openChainOf(open).chain.hashOf(newest) !== newest.hash;
}

async function hasOpenGap(open: Open, organisation: string | undefined): Promise<boolean> {
  const { chain } = openChainOf(open);
  const found = await open
    .selectFrom("audit")
    .select([...ENTRY_COLUMNS, sql<string>`detail::text`.as("detail")])
    .where("act", "=", sql.lit(GAP_ACT))
    .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
    .execute();
  const gaps = new OpenGaps();
  for (const entry of found) {
    const gap = chain.hashOf(entry) === entry.hash ? gapOf(entry) : undefined;
    if (gap !== undefined) gaps.add(gap);
  }
  return gaps.list.length > 0;
}

/**
 * Appends an entry with a key to every chain of an earlier release, which has none. Only in a process that knows of no newer
 * entries: see `AuditChain.open`.
 */
export async function sealEarlierChains(transaction: Transaction<AccountsSchema>): Promise<void> {
  for (const { organisation, keyed } of await newestEntries(transaction, undefined)) {
    if (keyed) continue;
    const whole = { organisation, after: 0, limit: Number.POSITIVE_INFINITY };
    const { entries, head } = await verifyAudit(transaction, whole);
    await audit(transaction, {
      ...{ organisation, actor: "internal", act: "audit.seal", subject: organisation, detail: { entries, head } },
    });
  }
}
