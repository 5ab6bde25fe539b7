import { useEffect, useRef } from "react";
import { type RecoveryReport, type RequestedWork, useReadBackupsAgain } from "../../api/backups.js";
import { duration } from "../../format.js";
import { Note } from "../../shell/note.js";

/** How long the outcome of a backup or verification stays on the page. */
const SHOWN_MS = 15 * 60_000;

/** The backup or verification that runs, or its outcome. */
export function RequestedWorkNote({ recovery }: { readonly recovery: RecoveryReport }) {
  const { requested, busy, newest } = recovery.backups;
  useListOf(`${requested?.finishedAt} ${newest?.id} ${newest?.valid}`);
  if (requested?.state === "running")
    return (
      <Note
        tone="quiet"
        title={
          requested.kind === "backup" ? "Backup in progress" : `Verification in progress: ${requested.backup ?? ""}`
        }
      >
        <p role="status">{busy ?? "starting"}</p>
      </Note>
    );
  if (requested?.finishedAt === undefined || Date.now() - requested.finishedAt > SHOWN_MS) return null;
  return <Outcome work={requested} took={requested.finishedAt - requested.startedAt} />;
}

/** Reads the list again when the state of the backups has changed, also by the schedule or by a command. */
function useListOf(state: string): void {
  const readAgain = useReadBackupsAgain();
  const read = useRef(state);
  useEffect(() => {
    if (read.current === state) return;
    read.current = state;
    readAgain();
  });
}

function Outcome({
  work: { kind, state, backup, valid, reason },
  took,
}: {
  readonly work: RequestedWork;
  readonly took: number;
}) {
  const what = kind === "backup" ? "Backup" : "Verification";
  if (state === "failed")
    return (
      <Note tone="broken" alert title={`${what} failed`}>
        {reason !== undefined && <p>{reason}</p>}
      </Note>
    );
  if (valid === false)
    return (
      <Note tone="broken" alert title={`${backup ?? "The backup"} is not valid: a restore of it failed or differed`} />
    );
  return (
    <Note tone="quiet">
      <p role="status">
        {what} {backup !== undefined && <code>{backup}</code>} finished after {duration(took)}
        {valid ? ": restored and compared, valid" : ""}.
      </p>
    </Note>
  );
}
