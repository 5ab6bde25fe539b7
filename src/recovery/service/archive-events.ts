import type { ArchiveState } from "../archive/archiver.js";
import type { RecoveryContext } from "./context.js";

/** Reports when archiving starts to fail and when it works again, once each. */
export function archiveEvents(report: RecoveryContext["report"]): (state: Pick<ArchiveState, "failing">) => void {
  let failing = false;
  return ({ failing: failure }) => {
    if (failure && !failing) report("error", `the log is not archived: ${failure.reason}`);
    if (!failure && failing) report("info", "the log is archived again");
    failing = failure !== undefined;
  };
}
