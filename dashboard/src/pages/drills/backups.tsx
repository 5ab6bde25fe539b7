import { type Backup, useBackups } from "../../api/drills.js";
import { ago, bytes, dateTime } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { Verdict } from "../../shell/state-mark.js";
import table from "../../shell/table.module.css";
import styles from "./drills-page.module.css";

/** What a restore would come from. A backup counts only once it was restored. */
export function Backups() {
  const backups = useBackups();
  return (
    <Section title="Backups" flush>
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
      {backups.data?.length === 0 && (
        <div className={styles.inner}>
          <Empty title="There is no backup yet">
            The first is made on the schedule of the platform file; <code>keelson backup</code> makes one now.
          </Empty>
        </div>
      )}
      {backups.data && backups.data.length > 0 && <BackupTable backups={backups.data} />}
    </Section>
  );
}

function BackupTable({ backups }: { readonly backups: readonly Backup[] }) {
  const now = Date.now();
  const at = (backup: Backup) => backup.finishedAt ?? backup.startedAt ?? 0;
  return (
    <table className={`${table.table} ${table.cards}`}>
      <thead>
        <tr>
          <th scope="col">Backup</th>
          <th scope="col">Made</th>
          <th scope="col" className={table.figure}>
            Size
          </th>
          <th scope="col">Restored and compared</th>
        </tr>
      </thead>
      <tbody>
        {[...backups]
          .sort((a, b) => at(b) - at(a))
          .slice(0, 20)
          .map((backup) => (
            <tr key={backup.id}>
              <th scope="row">
                <code>{backup.id}</code>
              </th>
              <td data-label="Made" className={table.soft}>
                <span title={dateTime(at(backup))}>{ago(at(backup), now)}</span>
              </td>
              <td data-label="Size" className={table.figure}>
                {backup.bytes === null || backup.bytes === undefined ? "–" : bytes(backup.bytes)}
              </td>
              <td data-label="Restored and compared">
                {backup.verifiedAt === null || backup.verifiedAt === undefined ? (
                  <Verdict tone="quiet">not yet</Verdict>
                ) : (
                  <Verdict tone="kept">{ago(backup.verifiedAt, now)}</Verdict>
                )}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
