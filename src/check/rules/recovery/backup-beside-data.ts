import type { Plan, Store } from "../../../plan/plan.js";
import { isServer, taken } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** Copies lie where the data lies. */
export const backupBesideData = defineRule({
  code: "recovery/backup-beside-data",
  severity: "warning",
  summary: "backups are kept in the same place as the data",
  help: "What destroys the data's machine, cluster or account destroys a copy beside it as well. Copies belong in a bucket elsewhere: object storage of a cloud, or a bucket that is copied to another region.",
  check(plan, report) {
    for (const store of plan.stores.filter(isServer)) {
      const { backups, provider, name } = store;
      const { full, log, snapshot } = taken(store);
      // A managed provider keeps its backups apart by itself; a laptop has one disk and promises no more than that.
      if (provider.kind !== "in-cluster" || !(full || log || snapshot)) continue;
      const beside = besides(plan, store);
      if (beside === undefined) continue;
      report(backups.to.length > 0 ? `${backups.path}.to` : backups.path, {
        why: `the backups of ${name} go ${beside}, and are lost together with it`,
        severity: plan.data === "real" || plan.data === "anonymised" ? "warning" : "note",
        advice: "name a bucket in `to` that a cloud provides, or that is copied to another region",
      });
    }
  },
});

function besides(plan: Plan, { backups }: Store): string | undefined {
  if (backups.to.length === 0) return "to a folder beside the data";
  const apart = backups.to.some((name) => {
    const bucket = plan.stores.find((store) => store.name === name);
    return bucket?.kind === "bucket" && (bucket.provider.kind === "managed" || bucket.copy !== undefined);
  });
  return apart ? undefined : `to ${backups.to.join(" and ")} in the same cluster`;
}
