import type { Plan, Store } from "../../../plan/plan.js";
import { formatDuration } from "../../../spec/format.js";
import { broken } from "../../rows.js";
import { defineRule, type Fix } from "../../rule.js";

/** Something is promised for the loss of a store that has no copy. */
export const noBackup = defineRule({
  code: "recovery/no-backup",
  severity: "error",
  summary: "a store with an RPO has nothing that it could be restored from",
  help: "Replicas are no backup: what deletes the data, a mistake or a fault, deletes it on all of them. Without a copy elsewhere the loss has no bound. A store that can be filled again, such as a cache, says so with `objectives: { rpo: none }`.",
  check(plan, report, sheet) {
    for (const fault of ["database-loss", "cache-loss"]) {
      for (const { row, predicted, promised } of broken(sheet, fault, "rpo")) {
        const store = plan.stores.find(({ name }) => name === row.subject);
        if (predicted.kind !== "unbounded" || !store) continue;
        const fix = copied(plan, store, predicted.fix?.edits);
        report(`${store.path}.backups`, {
          why: `${predicted.why}, but ${store.name} promises to lose at most ${formatDuration(promised)} of writes`,
          advice: `${predicted.fix?.advice ?? "declare backups"}, or say \`objectives: { rpo: none }\` if it can be filled again`,
          ...(fix ? { fix } : {}),
        });
      }
    }
  },
});

/** Unasked only where it is clear where copies go: a folder on a laptop, or the one bucket there is. */
function copied(plan: Plan, store: Store, edits: Fix["edits"] | undefined): Fix | undefined {
  if (!edits) return undefined;
  if (store.provider.kind !== "in-cluster") return { edits, safe: true };
  const buckets = plan.stores.filter(({ kind }) => kind === "bucket");
  const [bucket] = buckets;
  if (!bucket || store.backups.to.length > 0) return { edits, safe: bucket !== undefined };
  return { edits: [...edits, { path: `${store.path}.backups.to`, value: bucket.name }], safe: buckets.length === 1 };
}
