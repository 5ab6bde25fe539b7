import { Button } from "@mantine/core";
import { useState } from "react";
import { type Backup, useBackups, useRecovery, useStartBackup, useStartVerification } from "../../api/backups.js";
import { bytes } from "../../format.js";
import { FailureNote, Note } from "../../shell/note.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { When } from "../../shell/when.js";
import { BackupList } from "./backup-list.js";
import styles from "./backups-page.module.css";
import { RecoveryFigures } from "./recovery-figures.js";
import { RequestedWorkNote } from "./requested-work.js";
import { RestoreBackup } from "./restore-backup.js";

/** Backups and the WAL archive: their age and validity, and what can be done with them. */
export function BackupsPage() {
  const backups = useBackups();
  const recovery = useRecovery().data;
  const start = useStartBackup();
  const verify = useStartVerification();
  const [restoring, setRestoring] = useState<Backup>();
  // Until the state is known, work may be in progress.
  const busy =
    recovery === undefined || recovery.backups.busy !== undefined || recovery.backups.requested?.state === "running";
  const failed = start.error ?? verify.error;
  return (
    <Page
      title="Backups"
      lead="A backup counts as valid once a restore of it was compared and found equal."
      actions={
        <Button
          loading={start.isPending}
          disabled={busy}
          onClick={() => {
            verify.reset();
            start.mutate();
          }}
        >
          Back up now
        </Button>
      }
    >
      <div className={styles.notes}>
        {failed && <FailureNote error={failed} />}
        {recovery && <RequestedWorkNote recovery={recovery} />}
        {recovery?.problems.map(({ severity, what }) => (
          <Note key={what} tone={severity === "degraded" ? "broken" : "unknown"}>
            <p>{what}</p>
          </Note>
        ))}
      </div>
      {backups.isPending && <Loading rows={5} what="the backups" />}
      {backups.isError && !backups.data && (
        <Failure what="The backups could not be read" error={backups.error} onRetry={() => backups.refetch()} />
      )}
      {backups.data && (
        <>
          <RecoveryFigures backups={backups.data.backups} place={backups.data.place} recovery={recovery} />
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
              The schedule is in the platform file. <code>keelson backup</code> takes a backup now as well.
            </Empty>
          ) : (
            <Section title="All backups" flush>
              <BackupList
                backups={backups.data.backups}
                busy={busy}
                onVerify={({ id }) => {
                  start.reset();
                  verify.mutate(id);
                }}
                onRestore={setRestoring}
              />
            </Section>
          )}
        </>
      )}
      <RestoreBackup backup={restoring} recovery={recovery} onClose={() => setRestoring(undefined)} />
    </Page>
  );
}
