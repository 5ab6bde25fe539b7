import { Button, Modal, Stack } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import type { Backup, RecoveryReport } from "../../api/backups.js";
import { ago, bytes, duration, plural } from "../../format.js";
import { Note } from "../../shell/note.js";
import styles from "./backups-page.module.css";

interface RestoreBackupProps {
  readonly backup: Backup | undefined;
  readonly recovery: RecoveryReport | undefined;
  readonly onClose: () => void;
}

/**
 * The commands that restore a backup, with what they lose. A restore interrupts the platform that serves this page, so it is run
 * in a terminal, which shows its progress and asks for a confirmation.
 */
export function RestoreBackup({ backup, recovery, onClose }: RestoreBackupProps) {
  return (
    <Modal opened={backup !== undefined} onClose={onClose} title="Restore a backup" size="lg">
      {backup && (
        <Stack gap="md">
          <Note tone="broken" title="In place of the running database">
            <ul className={styles.consequences}>
              <li>
                <strong>Data loss:</strong> {lossOf(backup, recovery, Date.now())}
              </li>
              <li>
                <strong>Outage:</strong> {outageOf(recovery)}
              </li>
              <li>
                The previous data directory is kept. The command asks for the name of the platform before it starts.
              </li>
            </ul>
          </Note>
          <Command text={`keelson restore ${backup.id}`} />
          <p>To a new directory, without a change to the running platform:</p>
          <Command text={`keelson restore ${backup.id} --to DIRECTORY`} />
          <p className={styles.soft}>
            Add <code>--at 2026-05-04T13:00:00Z</code> or <code>--at 10m</code> for a point in time: every later write
            is lost.
          </p>
        </Stack>
      )}
    </Modal>
  );
}

function lossOf(backup: Backup, recovery: RecoveryReport | undefined, now: number): string {
  const archive = recovery?.archive;
  if (archive === undefined)
    return `every write after this backup (${ago(backup.finishedAt, now)}), because no WAL is archived.`;
  const { files, bytes: size } = archive.backlog;
  const waiting = files === 0 ? "" : ` At present ${plural(files, "WAL file")} (${bytes(size)}) would be lost.`;
  return `none while the database can archive its newest WAL first; otherwise every write since the newest archived segment${archive.last ? ` (${ago(archive.last.at, now)})` : ""}.${waiting}`;
}

function outageOf(recovery: RecoveryReport | undefined): string {
  const measured = recovery?.measured;
  if (measured === undefined) return "unknown, because no restore was measured yet.";
  return `about ${duration(measured.restoreMs + measured.replayMs)}, as the last verification measured for ${bytes(measured.size)}.`;
}

function Command({ text }: { readonly text: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <div className={styles.command}>
      <code>{text}</code>
      <Button size="compact-sm" variant="default" aria-label={`Copy ${text}`} onClick={() => clipboard.copy(text)}>
        {clipboard.copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
