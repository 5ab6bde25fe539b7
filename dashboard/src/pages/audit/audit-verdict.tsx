import type { z } from "zod";
import type { auditVerdict } from "../../../../src/contracts/audit.js";
import { plural } from "../../format.js";
import { Note } from "../../shell/note.js";
import styles from "./audit-verdict.module.css";

interface AuditVerdictProps {
  readonly verdict: z.infer<typeof auditVerdict>;
}

/** The result of a verification: intact, or what is wrong with the chain. */
export function AuditVerdict({ verdict }: AuditVerdictProps) {
  const { organisation, intact, entries, head, brokenAt, truncated } = verdict;
  const of = organisation ?? "all organisations and the platform";
  const where = truncated
    ? "The newest entries were removed."
    : brokenAt === null
      ? "The chain does not end with the entry that this platform recorded last."
      : `Entry ${brokenAt} was changed, or the one before it was removed.`;
  return (
    <div className={styles.verdict}>
      {intact ? (
        <Note tone="kept" alert title={`Intact: ${plural(entries, "entry", "entries")} of ${of}`}>
          <p className={styles.head}>
            Newest hash <code>{head}</code>. Stored elsewhere, it also reveals entries that are removed later.
          </p>
        </Note>
      ) : (
        <Note tone="broken" alert title={`Not intact: ${of}`}>
          <p>{where}</p>
        </Note>
      )}
    </div>
  );
}
