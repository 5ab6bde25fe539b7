import { formatBytes, formatDuration } from "../../../platform-file/format.js";
import { readable } from "../../../promises/explain.js";
import { broken, concerns, reckoned } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** The data is too big, or help too slow, for the restore to be over in time. */
export const rtoRestore = defineRule({
  code: "recovery/rto-restore",
  severity: "error",
  summary: "restoring the data takes longer than the RTO",
  help: "When every copy of the data is gone, the way back is a new server, the backup, the log since, and before all that somebody who begins. The time follows from the size of the data and the rate of the restore, whatever is promised.",
  check(plan, report, sheet) {
    for (const fault of ["database-loss", "cache-loss"]) {
      for (const cell of broken(sheet, fault, "rto")) {
        const { row, predicted, promised } = cell;
        const store = plan.stores.find(({ name }) => name === row.subject);
        if (predicted.kind !== "bounded" || !store) continue;
        report(`${store.path}.size`, {
          concerns: concerns(sheet, cell, "backup-corruption"),
          why: `${store.name} with ${formatBytes(store.size)} is back after ${reckoned(predicted.total, predicted.terms)}, but promises ${formatDuration(promised)}`,
          advice: `promise at least ${readable(predicted.total)}, keep less data in one store, take full backups more often${row.drill === undefined ? "" : `, or measure a faster restore with \`keelson drill ${row.drill}\``}`,
        });
      }
    }
  },
});
