import { hasServers, type ServerStore, STORES } from "../../../plan/stores/index.js";
import { taken } from "../../../promises/subjects.js";
import { copiesApart, copyPlace } from "../../../promises/terms/copies.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Copies lie where the data lies, or elsewhere than the file wants them. */
export const backupBesideData = defineRule({
  code: "recovery/backup-beside-data",
  severity: "warning",
  summary: "backups are kept in the same place as the data, or not where `to` wants them",
  help: "What destroys the data's machine, cluster or account destroys a copy beside it as well. Copies belong in a bucket elsewhere, which a cloud provides. Not everything that runs a store can send its copies there: then `to` names a bucket that stays empty.",
  check(plan, report) {
    for (const store of plan.stores.filter(hasServers)) {
      const { backups, provider, name } = store;
      const { full, log, snapshot } = taken(store);
      if (!(full || log || snapshot)) continue;
      const empty = backups.to.filter((bucket) => !provider.sendsTo.includes(bucket));
      const unsent = empty.length > 0 ? `nothing copies them to ${empty.join(" and ")}` : undefined;
      const at = backups.to.length > 0 ? `${backups.path}.to` : backups.path;
      // A managed provider keeps its backups apart by itself; a laptop has one disk and promises no more than that.
      if (!copiesApart(store, plan) && !onOneMachine(plan)) {
        report(at, {
          why: `the backups of ${name} lie ${copyPlace(store)}${provider.copies === "bucket" ? " in the same cluster" : ""}, and are lost together with it${unsent === undefined ? "" : `; ${unsent}`}`,
          severity: plan.data === "real" || plan.data === "anonymised" ? "warning" : "note",
          advice: advice(store, provider.copies),
        });
      } else if (unsent !== undefined) {
        report(at, {
          why: `the backups of ${name} lie ${copyPlace(store)}; ${unsent}`,
          severity: "note",
          advice: "take `to` out, or copy them there yourself",
        });
      }
    }
  },
});

function advice({ kind }: ServerStore, copies: string): string {
  if (copies === "bucket") return "name a bucket in `to` that a cloud provides (`provide: managed`)";
  return STORES[kind].products.inCluster({ standby: true, sharded: false }).copies === "bucket"
    ? "let a cloud provide it (`provide: managed`), or run it with a standby, whose operator sends copies to a bucket"
    : "let a cloud provide it (`provide: managed`), or promise nothing that needs them";
}
