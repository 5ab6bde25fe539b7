import type { Transaction } from "kysely";
import type { ReportedAct } from "../../contracts/audit.js";
import { PLATFORM_SCOPE, type Tables } from "../database/client.js";
import { audit, isRecorded, missingHeads } from "./audit.js";
import { type AuditChain, PLATFORM_CHAIN } from "./audit-chain.js";
import { GAP_ACT, openGapsSince } from "./audit-gaps.js";
import type { Head } from "./audit-heads.js";
import type { AccountsSchema } from "./schema.js";

/** Acts after which the database may be older than the newest entries that this process knows of. */
const RESTORES: ReadonlySet<string> = new Set(["backup.restore", "database.restore"]);

/**
 * Records an act on the platform itself, once. A restore removes the entries that are newer than its backup: an entry in each chain names
 * the newest one that is missing, which explains the gap, also if an act was recorded in between.
 */
export async function recordPlatformAct(
  tables: Tables<AccountsSchema>,
  chain: AuditChain,
  { id, at, actor, act, subject, detail }: ReportedAct,
): Promise<void> {
  const isRestore = RESTORES.has(act);
  // A report that is repeated explains nothing that was lost after the first one.
  const lost = isRestore
    ? await tables.transaction(
        PLATFORM_SCOPE,
        async (open) => ((await isRecorded(open, id)) ? undefined : missingHeads(open)),
        { repeatable: true },
      )
    : {};
  if (lost === undefined) return;
  chain.expect(Object.fromEntries(Object.keys(lost).map((organisation) => [organisation, undefined])));
  try {
    await tables.transaction(
      PLATFORM_SCOPE,
      async (open) => {
        if (isRestore) {
          const gaps = await openGapsSince(open, new Date(at));
          for (const [organisation, heads] of gaps)
            for (const missing of heads) await explain(open, organisation, missing, subject);
          for (const [organisation, missing] of Object.entries(lost))
            await explain(open, organisation, missing, subject);
        }
        await audit(open, { organisation: PLATFORM_CHAIN, actor, act, subject, detail }, { id, at: new Date(at) });
      },
      { repeatable: true },
    );
  } catch (error) {
    chain.expect(lost);
    throw error;
  }
}

function explain(
  open: Transaction<AccountsSchema>,
  organisation: string,
  missing: Head,
  restore: string,
): Promise<void> {
  return audit(open, {
    ...{ organisation, actor: "internal", act: GAP_ACT, subject: `${missing.id}`, detail: { missing, restore } },
  });
}
