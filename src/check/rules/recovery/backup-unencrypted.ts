import { hasServers } from "../../../plan/stores/index.js";
import { takenBackups } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** Backups can be read by any process that can read the files. See docs/checks.md, Recovery. */
export const backupUnencrypted = defineRule({
  code: "recovery/backup-unencrypted",
  severity: "error",
  summary: "backups are not encrypted",
  help: "A backup is the whole database in one file, outside the access control of the database.",
  check({ plan }, report) {
    for (const server of plan.stores.filter(hasServers)) {
      const { name, backups } = server;
      const { full, log, snapshot } = takenBackups(server);
      if (backups.encrypted || !(full || log || snapshot)) continue;
      const sensitive = plan.data === "real";
      report(`${backups.path}.encrypted`, {
        why: `backups of ${name} are not encrypted${sensitive ? ", and the data is real" : ""}`,
        advice: "omit `encrypted`, or set it to true",
        severity: sensitive ? "error" : "warning",
        fix: { edits: [{ path: `${backups.path}.encrypted`, value: true }], safe: true },
      });
    }
  },
});
