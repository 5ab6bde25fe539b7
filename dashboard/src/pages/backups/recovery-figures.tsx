import type { Backup, RecoveryReport } from "../../api/backups.js";
import { ago, bytes, plural } from "../../format.js";
import { StateDot } from "../../shell/state-mark.js";
import styles from "./backups-page.module.css";

interface RecoveryFiguresProps {
  readonly backups: readonly Backup[];
  readonly place: string;
  /** Absent while it is not read. */
  readonly recovery: RecoveryReport | undefined;
}

/** How old the newest backups and the WAL archive are, and when the next backup is due. */
export function RecoveryFigures({ backups, place, recovery }: RecoveryFiguresProps) {
  const now = Date.now();
  const newest = backups.toSorted((a, b) => b.finishedAt - a.finishedAt);
  const valid = newest.find(
    ({ verification, verifiedAt }) => verifiedAt !== undefined && verification?.valid !== false,
  );
  const stored = backups.reduce((sum, backup) => sum + backup.bytes, 0);
  return (
    <dl className={styles.figures}>
      <div>
        <dt>Newest backup</dt>
        <dd>{newest[0] ? ago(newest[0].finishedAt, now) : "none"}</dd>
      </div>
      <div>
        <dt>Newest valid backup</dt>
        <dd>{valid ? ago(valid.finishedAt, now) : <StateDot tone="unknown">none verified</StateDot>}</dd>
      </div>
      {recovery && (
        <>
          <div>
            <dt>Next backup</dt>
            <dd>{nextRun(recovery, now)}</dd>
          </div>
          <div>
            <dt>WAL archive</dt>
            <dd>
              <Archive archive={recovery.archive} now={now} />
            </dd>
          </div>
        </>
      )}
      <div>
        <dt>Stored</dt>
        <dd>
          {bytes(stored)} <span className={styles.soft}>in {plural(backups.length, "backup")}</span>
        </dd>
      </div>
      <div className={styles.place}>
        <dt>Location</dt>
        <dd>
          <code>{place}</code>
        </dd>
      </div>
    </dl>
  );
}

function nextRun({ backups: { next } }: RecoveryReport, now: number): string {
  if (next === undefined) return "not scheduled";
  return next <= now ? "due now" : ago(next, now);
}

function Archive({ archive, now }: { readonly archive: RecoveryReport["archive"]; readonly now: number }) {
  if (archive === undefined) return <StateDot tone="unknown">off</StateDot>;
  const { last, backlog, failing } = archive;
  const waiting =
    backlog.files === 0
      ? "nothing waits"
      : `${plural(backlog.files, "file")} (${bytes(backlog.bytes)}) not archived${backlog.oldestAt === undefined ? "" : `, the oldest ${ago(backlog.oldestAt, now)}`}`;
  return (
    <>
      {failing ? <StateDot tone="broken">failing</StateDot> : last ? ago(last.at, now) : "no segment yet"}{" "}
      <span className={styles.soft}>{failing ? `${failing.reason}; ${waiting}` : waiting}</span>
    </>
  );
}
