import type { ArchiveFailure, ArchiveState } from "../archive/archiver.js";
import type { RecoveryContext } from "./context.js";

/** The message of a failure, for the events and for a subscriber that joins while it lasts. */
export function archiveFailureMessage({ reason }: Pick<ArchiveFailure, "reason">): string {
  return `the log is not archived: ${reason}`;
}

/** Reports when archiving starts to fail and when it works again, once each. */
export function archiveEvents(report: RecoveryContext["report"]): (state: Pick<ArchiveState, "failing">) => void {
  let failing = false;
  return ({ failing: failure }) => {
    if (failure && !failing) report("error", archiveFailureMessage(failure));
    if (!failure && failing) report("info", "the log is archived again");
    failing = failure !== undefined;
  };
}
