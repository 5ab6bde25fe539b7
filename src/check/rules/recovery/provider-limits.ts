import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { taken } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** The file asks a provider for copies that its product does not offer. */
export const providerLimits = defineRule({
  code: "recovery/provider-limits",
  severity: "warning",
  summary: "backups are declared more often, or kept for longer, than the provider does",
  help: "A managed database takes and keeps its backups by its own rules: an interval in a file does not change them. Promises are made from what the provider does, so that an RPO is not kept on paper alone.",
  check(plan, report) {
    for (const server of plan.stores.filter(hasServers)) {
      const copies = taken(server);
      for (const kind of ["full", "log", "snapshot"] as const) {
        const real = copies[kind];
        if (!real?.limits) continue;
        const { declared, limits } = real;
        const why = [
          ...(real.every > declared.every
            ? [
                `is declared every ${formatDuration(declared.every)} and taken every ${formatDuration(real.every)} (${limits.every.source})`,
              ]
            : []),
          ...(real.keep < declared.keep
            ? [
                `is to be kept for ${formatDuration(declared.keep)} and kept for ${formatDuration(real.keep)} (${limits.keep.source})`,
              ]
            : []),
        ];
        if (why.length === 0) continue;
        const value = formatSchedule(real);
        report(declared.path, {
          why: `a ${kind} backup of ${server.name} ${why.join(", and ")}`,
          advice: `write what it does, \`${value}\`, or let somebody else provide the store`,
          // Nothing changes but the words: this is how it is done already.
          fix: { edits: [{ path: declared.path, value }], safe: true },
        });
      }
    }
  },
});
