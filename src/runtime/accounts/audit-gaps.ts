import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { type Head, head } from "./audit-heads.js";
import type { AccountsSchema } from "./schema.js";

/*
 * A gap: the newest entry that this process knows of a chain is no longer in the table. The next entry must not hide it, so an entry
 * about the gap is appended first. A restore of the database removes entries too: its gaps name the restore.
 */

/** The act of an entry about a gap. */
export const GAP_ACT = "audit.gap";

/** Details of an entry about a gap. */
const gap = z.object({
  /** The newest entry that is missing. */
  missing: head,
  /** The restored backup, which does not contain the missing entries. Absent: nothing explains the gap. */
  restore: z.string().optional(),
});
export type Gap = z.infer<typeof gap>;

/** The gap that an entry of the log describes; undefined for other entries. */
export function gapOf(entry: { readonly act: string; readonly detail: string }): Gap | undefined {
  return entry.act === GAP_ACT ? gap.parse(JSON.parse(entry.detail)) : undefined;
}

/** The gaps of one chain that nothing explains. */
export class OpenGaps {
  readonly #missing = new Map<string, Head>();
  readonly #explained = new Set<string>();

  add({ missing, restore }: Gap): void {
    if (restore === undefined) this.#missing.set(missing.hash, missing);
    else this.#explained.add(missing.hash);
  }

  get list(): readonly Head[] {
    return [...this.#missing.values()].filter(({ hash }) => !this.#explained.has(hash));
  }
}

/** Gaps of every chain that were recorded since a time, which nothing explains yet. */
export async function openGapsSince(
  transaction: Transaction<AccountsSchema>,
  since: Date,
): Promise<ReadonlyMap<string, readonly Head[]>> {
  const rows = await transaction
    .selectFrom("audit")
    .select(["organisation", "act", sql<string>`detail::text`.as("detail")])
    .where("act", "=", GAP_ACT)
    .where("at", ">=", since)
    .execute();
  const chains = new Map<string, OpenGaps>();
  for (const { organisation, ...entry } of rows) {
    const gaps = chains.get(organisation) ?? new OpenGaps();
    chains.set(organisation, gaps);
    const found = gapOf(entry);
    if (found !== undefined) gaps.add(found);
  }
  return new Map([...chains].map(([organisation, gaps]) => [organisation, gaps.list]));
}

/** Whether the table contains an entry. */
export async function isStored(transaction: Transaction<AccountsSchema>, { id, hash }: Head): Promise<boolean> {
  const query = transaction.selectFrom("audit").select("id").where("id", "=", id).where("hash", "=", hash);
  return (await query.executeTakeFirst()) !== undefined;
}
