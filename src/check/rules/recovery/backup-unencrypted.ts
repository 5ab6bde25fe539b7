import { hasServers } from "../../../plan/stores/index.js";
import { taken } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** A copy of the data can be read by whoever finds it. */
export const backupUnencrypted = defineRule({
  code: "recovery/backup-unencrypted",
  severity: "error",
  summary: "backups are written unencrypted",
  help: "A backup is the whole database in one file, and it leaves the place where the database is guarded.",
  check(plan, report) {
    for (const server of plan.stores.filter(hasServers)) {
      const { name, backups } = server;
      const { full, log, snapshot } = taken(server);
      if (backups.encrypted || !(full || log || snapshot)) continue;
      const sensitive = plan.data === "real";
      report(`${backups.path}.encrypted`, {
        why: `backups of ${name} are not encrypted${sensitive ? ", and the data is real" : ""}`,
        advice: "leave `encrypted` out, or set it to true",
        severity: sensitive ? "error" : "warning",
        fix: { edits: [{ path: `${backups.path}.encrypted`, value: true }], safe: true },
      });
    }
  },
});
