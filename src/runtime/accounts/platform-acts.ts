import type { ReportedAct } from "../../contracts/audit.js";
import { PLATFORM_SCOPE, type Tables } from "../database/client.js";
import { audit, missingHeads } from "./audit.js";
import { type AuditChain, PLATFORM_CHAIN } from "./audit-chain.js";
import type { AccountsSchema } from "./schema.js";

/** Acts after which the database may be older than the newest entries that this process knows of. */
const RESTORES: ReadonlySet<string> = new Set(["backup.restore", "database.restore"]);

/**
 * Records an act on the platform itself, once. A restore removes the entries that are newer than its backup: its own entry names the
 * newest lost one of each chain, and from then on they are no longer expected.
 */
export async function recordPlatformAct(
  tables: Tables<AccountsSchema>,
  chain: AuditChain,
  { id, at, actor, act, subject, detail }: ReportedAct,
): Promise<void> {
  const lostEntries = RESTORES.has(act)
    ? await tables.transaction(PLATFORM_SCOPE, missingHeads, { repeatable: true })
    : {};
  const lost = Object.keys(lostEntries);
  chain.expect(Object.fromEntries(lost.map((organisation) => [organisation, undefined])));
  try {
    await tables.transaction(
      PLATFORM_SCOPE,
      (open) =>
        audit(
          open,
          {
            ...{ organisation: PLATFORM_CHAIN, actor, act, subject },
            detail: lost.length === 0 ? detail : { ...detail, lostEntries },
          },
          { id, at: new Date(at) },
        ),
      { repeatable: true },
    );
  } catch (error) {
    chain.expect(lostEntries);
    throw error;
  }
}
