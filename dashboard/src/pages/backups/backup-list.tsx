import { Button } from "@mantine/core";
import type { Backup } from "../../api/backups.js";
import { bytes, count, duration, plural } from "../../format.js";
import { Pager } from "../../shell/pager.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { pageNumber, useUrlState } from "../../shell/url-state.js";
import { When } from "../../shell/when.js";
import styles from "./backups-page.module.css";

const PAGE_SIZE = 25;

interface BackupListProps {
  readonly backups: readonly Backup[];
  /** Work on the backups is in progress: no verification can start. */
  readonly busy: boolean;
  readonly onVerify: (backup: Backup) => void;
  readonly onRestore: (backup: Backup) => void;
}

/** The backups, newest first, by pages. */
export function BackupList({ backups, busy, onVerify, onRestore }: BackupListProps) {
  const [search, setParameters] = useUrlState();
  const sorted = backups.toSorted((a, b) => b.finishedAt - a.finishedAt);
  const pages = Math.max(1, Math.ceil(sorted.length / PAGE_SIZE));
  const page = Math.min(pages, pageNumber(search.get("page")));
  const first = (page - 1) * PAGE_SIZE;
  const rows = sorted.slice(first, first + PAGE_SIZE);
  const goTo = (next: number) => () => setParameters({ page: next === 1 ? undefined : String(next) });
  return (
    <>
      <Table
        columns={[
          "Backup",
          "Created",
          { name: "Took", figure: true },
          { name: "Stored", figure: true },
          { name: "Data", figure: true },
          { name: "Rows", figure: true },
          "Origin",
          "Verified",
          "Actions",
        ]}
      >
        {rows.map((backup) => (
          <tr key={backup.id}>
            <th scope="row">
              <code>{backup.id}</code>
            </th>
            <td data-label="Created" className={table.soft}>
              <When at={backup.finishedAt} />
            </td>
            <FigureCell label="Took">{duration(backup.finishedAt - backup.startedAt)}</FigureCell>
            <FigureCell label="Stored">{bytes(backup.bytes)}</FigureCell>
            <FigureCell label="Data">{bytes(backup.size)}</FigureCell>
            <FigureCell label="Rows">{count(backup.rows)}</FigureCell>
            <td data-label="Origin">
              <span>
                {origins[backup.origin]}
                {!backup.encrypted && <span className={table.soft}>, not encrypted</span>}
              </span>
            </td>
            <td data-label="Verified">
              <Verification backup={backup} />
            </td>
            <td data-label="Actions">
              <span className={styles.actions}>
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={busy || !backup.opens}
                  aria-label={`Verify ${backup.id}`}
                  onClick={() => onVerify(backup)}
                >
                  Verify
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Restore ${backup.id}`}
                  onClick={() => onRestore(backup)}
                >
                  Restore…
                </Button>
              </span>
            </td>
          </tr>
        ))}
      </Table>
      <Pager
        of="backup"
        first={first + 1}
        shown={rows.length}
        total={sorted.length}
        onPrevious={page > 1 ? goTo(page - 1) : undefined}
        onNext={page < pages ? goTo(page + 1) : undefined}
      />
    </>
  );
}

/** Who wrote a backup: only authenticated ones are restored automatically. */
const origins = {
  authenticated: "authenticated",
  unauthenticated: "not authenticated",
  "other-key": "another key",
  "not-checked": "not checked",
} as const satisfies Record<Backup["origin"], string>;

function Verification({ backup }: { readonly backup: Backup }) {
  if (backup.verification?.valid === false)
    return (
      <span>
        <Verdict tone="broken">invalid</Verdict>
        <span className={styles.findings}>{backup.verification.findings.join("; ")}</span>
      </span>
    );
  if (!backup.opens) return <Verdict tone="broken">cannot be decrypted</Verdict>;
  if (backup.verifiedAt === undefined) return <Verdict tone="quiet">not yet</Verdict>;
  return (
    <span className={styles.verified}>
      <Verdict tone="kept">valid</Verdict>
      <span className={table.soft}>
        <When at={backup.verifiedAt} />
        {backup.verification && `, restored in ${duration(backup.verification.restoreMs)}`}
        {backup.verification?.notCompared &&
          `, ${plural(backup.verification.notCompared.length, "table")} not compared`}
      </span>
    </span>
  );
}
