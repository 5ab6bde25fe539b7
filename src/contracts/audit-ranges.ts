import type { z } from "zod";
import type { auditVerdict } from "./audit.js";

type AuditVerdict = z.infer<typeof auditVerdict>;

/**
 * Verifies an audit log range by range, from the entry after `after` to its end or to the first range that is not intact. The
 * result covers all of them: `verify` requests one range.
 */
export async function verifyRanges(
  verify: (after: number) => Promise<AuditVerdict>,
  after: number,
): Promise<AuditVerdict> {
  let entries = 0;
  for (let from = after; ; ) {
    const verdict = await verify(from);
    entries += verdict.entries;
    if (!verdict.intact || verdict.next === null) return { ...verdict, after, entries };
    from = verdict.next;
  }
}
