import { formatBytes, formatDuration } from "../../../platform-file/format.js";
import { formatTerms } from "../../../promises/format.js";
import type { Term } from "../../../promises/prediction.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { pagingRemedy } from "../../paging.js";
import { type KeptInstead, keptInstead } from "../../promise-edits.js";
import { defineRule } from "../../rule.js";
import { STORAGE_LOSS_FAULTS } from "./storage-loss.js";

/** The restore takes too long for the RTO, or starts too late. See docs/checks.md, Recovery. */
export const rtoRestore = defineRule({
  code: "recovery/rto-restore",
  severity: "error",
  summary: "restoring the data takes longer than the RTO",
  help: "When every copy of the data is lost, recovery takes the on-call response, a new server, the restore of the backup and the replay of the WAL. The duration depends on the size of the data and the restore rate.",
  check(context, report) {
    for (const promise of STORAGE_LOSS_FAULTS.flatMap((fault) => context.brokenPromises(fault, "rto"))) {
      const { row, predicted, promised } = promise;
      const store = context.store(row.subject);
      if (predicted.kind !== "bounded" || !store) continue;
      const instead = keptInstead(context, promise);
      report(`${store.path}.size`, {
        concerns: context.concerns(promise),
        why: `the restore of ${store.name} (${formatBytes(store.size)}) takes ${formatTerms(predicted.total, predicted.terms)}, but promises RTO ${formatDuration(promised)}`,
        advice: advice(context, promise, predicted.terms, instead),
        fix: { edits: instead.edits, safe: false },
      });
    }
  },
});

/** The most effective remedy first: the one for the longest term. */
function advice(
  context: CheckContext,
  promise: BrokenPromise,
  terms: readonly Term[],
  { advice }: KeptInstead,
): string {
  const longest = [...terms].sort((a, b) => b.value - a.value)[0];
  const paging = pagingRemedy(context.plan);
  const restore = ["store less data in one store", "take full backups more often"];
  const { drill } = promise.row;
  const remedies = [
    ...(longest?.name === "on-call response" ? [...paging, ...restore] : [...restore, ...paging]),
    advice,
    ...(drill === undefined ? [] : [`measure a faster restore with \`keelson drill ${drill}\``]),
  ];
  return remedies.length < 2 ? remedies.join("") : `${remedies.slice(0, -1).join(", ")}, or ${remedies.at(-1)}`;
}
