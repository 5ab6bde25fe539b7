import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { takenBackups } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** A declared schedule exceeds what the provider's product does. See docs/checks.md, Recovery. */
export const providerLimits = defineRule({
  code: "recovery/provider-limits",
  severity: "warning",
  summary: "backups are declared more frequent, or retained for longer, than the provider supports",
  help: "A managed database takes and retains backups by its own rules, which the platform file does not change. Predictions use what the provider does, not what is declared.",
  check({ plan }, report) {
    for (const server of plan.stores.filter(hasServers)) {
      const backups = takenBackups(server);
      for (const kind of ["full", "log", "snapshot"] as const) {
        const actual = backups[kind];
        if (!actual?.limits) continue;
        const { declared, limits } = actual;
        const why = [
          ...(actual.every > declared.every
            ? [
                `declared every ${formatDuration(declared.every)} and taken every ${formatDuration(actual.every)} (${limits.every.source})`,
              ]
            : []),
          ...(limits.keep && actual.keep < declared.keep
            ? [
                `declared to be retained for ${formatDuration(declared.keep)} and retained for ${formatDuration(actual.keep)} (${limits.keep.source})`,
              ]
            : []),
        ];
        if (why.length === 0) continue;
        const value = formatSchedule(actual);
        report(declared.path, {
          why: `a ${kind} backup of ${server.name} is ${why.join(", and ")}`,
          advice: `declare what the provider does, \`${value}\`, or use another provider for the store`,
          // Only the declaration changes: the backups are taken like this already.
          fix: { edits: [{ path: declared.path, value }], safe: true },
        });
      }
    }
  },
});
