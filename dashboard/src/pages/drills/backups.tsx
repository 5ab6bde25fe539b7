import { type Backup, useBackups } from "../../api/drills.js";
import { ago, bytes, count, dateTime } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./drills-page.module.css";

/** The backups with their verification. A backup is valid only after a verified restore. */
export function Backups() {
  const backups = useBackups();
  return (
    <Section title="Backups" flush aside={backups.data && <code>{backups.data.place}</code>}>
      {backups.isPending && (
        <div className={styles.inner}>
          <Loading rows={3} what="the backups" />
        </div>
      )}
      {backups.isError && !backups.data && (
        <div className={styles.inner}>
          <Failure what="The backups could not be read" error={backups.error} onRetry={() => backups.refetch()} />
        </div>
      )}
      {backups.data?.backups.length === 0 && (
        <div className={styles.inner}>
          <Empty title="No backups yet">
            The schedule is in the platform file. <code>keelson backup</code> takes a backup now.
          </Empty>
        </div>
      )}
      {backups.data?.damaged.map(({ object, why }) => (
        <p key={object} className={styles.damaged} role="alert">
          <code>{object}</code> is damaged: {why}
        </p>
      ))}
      {backups.data && backups.data.backups.length > 0 && <BackupTable backups={backups.data.backups} />}
    </Section>
  );
}

function BackupTable({ backups }: { readonly backups: readonly Backup[] }) {
  const now = Date.now();
  return (
    <Table columns={["Backup", "Created", { name: "Size", figure: true }, { name: "Rows", figure: true }, "Verified"]}>
      {[...backups]
        .sort((a, b) => b.finishedAt - a.finishedAt)
        .slice(0, 20)
        .map((backup) => (
          <tr key={backup.id}>
            <th scope="row">
              <code>{backup.id}</code>
            </th>
            <td data-label="Created" className={table.soft}>
              <span title={dateTime(backup.finishedAt)}>{ago(backup.finishedAt, now)}</span>
            </td>
            <FigureCell label="Size">{bytes(backup.bytes)}</FigureCell>
            <FigureCell label="Rows">{count(backup.rows)}</FigureCell>
            <td data-label="Verified">
              <Proof backup={backup} now={now} />
            </td>
          </tr>
        ))}
    </Table>
  );
}

function Proof({ backup, now }: { readonly backup: Backup; readonly now: number }) {
  if (backup.verification?.valid === false)
    return (
      <span title={backup.verification.findings.join("; ")}>
        <Verdict tone="broken">verification failed</Verdict>
      </span>
    );
  if (backup.verifiedAt === undefined) return <Verdict tone="quiet">not yet</Verdict>;
  return <Verdict tone="kept">{ago(backup.verifiedAt, now)}</Verdict>;
}
