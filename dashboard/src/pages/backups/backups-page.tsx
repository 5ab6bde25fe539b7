import { type Backup, useBackups } from "../../api/drills.js";
import { ago, bytes, count, duration, plural } from "../../format.js";
import { Page, Section } from "../../shell/page.js";
import { Pager } from "../../shell/pager.js";
import { StateDot, Verdict } from "../../shell/state-mark.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { pageNumber, useUrlState } from "../../shell/url-state.js";
import { When } from "../../shell/when.js";
import styles from "./backups-page.module.css";

const PAGE_SIZE = 25;

/** The backups with their verification. A backup is valid only after a verified restore. */
export function BackupsPage() {
  const backups = useBackups();
  return (
    <Page title="Backups" lead="A backup counts as valid once a restore of it was compared and found equal.">
      {backups.isPending && <Loading rows={5} what="the backups" />}
      {backups.isError && !backups.data && (
        <Failure what="The backups could not be read" error={backups.error} onRetry={() => backups.refetch()} />
      )}
      {backups.data && (
        <>
          <Summary backups={backups.data.backups} place={backups.data.place} />
          {backups.data.damaged.map(({ object, why }) => (
            <p key={object} className={styles.damaged} role="alert">
              <code>{object}</code> is damaged: {why}
            </p>
          ))}
          {backups.data.incomplete.map(({ name, bytes: size, modified }) => (
            <p key={name} className={styles.incomplete}>
              <code>{name}</code> is not complete ({bytes(size)}, written <When at={modified} />
              ): it is in progress, or was interrupted and is removed by the next backup.
            </p>
          ))}
          {backups.data.backups.length === 0 ? (
            <Empty title="No backups yet">
              The schedule is in the platform file. <code>keelson backup</code> takes a backup now.
            </Empty>
          ) : (
            <Section title="All backups" flush>
              <BackupList backups={backups.data.backups} />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

function Summary({ backups, place }: { readonly backups: readonly Backup[]; readonly place: string }) {
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

function BackupList({ backups }: { readonly backups: readonly Backup[] }) {
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
