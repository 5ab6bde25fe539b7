import type { Restored } from "../restore/restore.js";
import type { RecoveryContext } from "./context.js";

/** Reports the tablespaces that the restored database has within its data directory instead of at their path. */
export function reportContained(report: RecoveryContext["report"], { tablespaces }: Restored): void {
  for (const path of tablespaces)
    report("warning", `the tablespace ${path} is restored within the data directory; its old files are not used`);
}
