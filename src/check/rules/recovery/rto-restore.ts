import type { Plan } from "../../../plan/plan.js";
import { formatBytes, formatDuration } from "../../../platform-file/format.js";
import { formatTerms } from "../../../promises/format.js";
import type { Term } from "../../../promises/prediction.js";
import {
  ALERT_FIRES,
  FETCH_OF_LOG,
  ON_CALL_RESPONSE,
  REPLAY_OF_LOG,
  RESTORE_OF_BACKUP,
} from "../../../promises/terms/store.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { pagingRemedy, sufficientPaging } from "../../paging.js";
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
      const paging = sufficientPaging(context, promise);
      report(`${store.path}.size`, {
        concerns: context.concerns(promise),
        why: `the restore of ${store.name} (${formatBytes(store.size)}) takes ${formatTerms(predicted.total, predicted.terms)}, but promises RTO ${formatDuration(promised)}`,
        advice: paging ? `${paging.advice}, or ${instead.advice}` : advice(context, promise, predicted.terms, instead),
        fix: { edits: paging?.edits ?? instead.edits, safe: false },
      });
    }
  },
});

/** The promise that is kept, then what shortens the restore: the remedy of the longest term first. */
function advice(
  { plan }: CheckContext,
  { row }: BrokenPromise,
  terms: readonly Term[],
  { advice: kept }: KeptInstead,
): string {
  const byLength = [...terms].sort((a, b) => b.value - a.value);
  const remedies = [...new Set(byLength.flatMap(({ name }) => remedyOf(name, plan)))];
  const shorter = remedies.length === 0 ? "" : `; to shorten it, longest part first: ${remedies.join(", ")}`;
  return `${kept}${shorter}${row.drill === undefined ? "" : `; or measure a faster restore with \`keelson drill ${row.drill}\``}`;
}

/** An earlier alert would fire at restarts that no person has to act on. */
const EARLY_ALERT_MS = 60_000;

function remedyOf(term: string, plan: Plan): readonly string[] {
  switch (term) {
    case ALERT_FIRES:
      return (plan.observe.alerts.down ?? 0) > EARLY_ALERT_MS
        ? ["fire the alert earlier (`observe: { alerts: { down: 1m } }`)"]
        : [];
    case ON_CALL_RESPONSE:
      return pagingRemedy(plan);
    case RESTORE_OF_BACKUP:
      return ["store less data in one store"];
    case FETCH_OF_LOG:
    case REPLAY_OF_LOG:
      return ["take full backups more often"];
    default:
      return [];
  }
}
