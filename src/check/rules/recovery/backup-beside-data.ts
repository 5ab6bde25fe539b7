import type { Plan } from "../../../plan/plan.js";
import { primaryRegion } from "../../../plan/regions.js";
import { type DatabaseStore, hasServers, isDatabase, STORES } from "../../../plan/stores/index.js";
import type { Edit } from "../../../platform-file/diagnostic.js";
import { type Server, takenBackups } from "../../../promises/subjects.js";
import { backupLocation, backupsSurviveZoneLoss } from "../../../promises/terms/backup-location.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Backups are stored with the data, or not in the declared bucket. See docs/checks.md, Recovery. */
export const backupBesideData = defineRule({
  code: "recovery/backup-beside-data",
  severity: "warning",
  summary: "backups are stored in the same place as the data, or not in the bucket that `to` declares",
  help: "A fault that destroys the machine, cluster or account of the data destroys a backup in the same place too. Store backups in a bucket elsewhere, which a cloud provides. Not every provider can send its backups there: the bucket in `to` then stays empty.",
  check({ plan, volumes }, report) {
    for (const { name, volume } of volumes.values()) {
      const { files, to, taker, path } = volume.backups;
      if (!files || taker.kind !== "velero") continue;
      const buckets = plan.stores.filter((store) => taker.sendsTo.includes(store.name));
      if (buckets.some(({ provider }) => provider.kind === "managed")) continue;
      const isOffered = plan.cloud !== "none";
      report(`${path}.to`, {
        why: `the backups of ${name} are stored in ${to.join(" and ")} in the same cluster and may be lost with the data`,
        severity: plan.data === "real" || plan.data === "anonymised" ? "warning" : "note",
        advice: "add a bucket to `to` that a cloud provides (`provide: managed`)",
        ...(isOffered
          ? { fix: { edits: buckets.map((each) => ({ path: `${each.path}.provide`, value: "managed" })), safe: false } }
          : {}),
      });
    }
    for (const store of plan.stores.filter(hasServers)) {
      const { backups, provider, name } = store;
      const { full, log, snapshot } = takenBackups(store);
      if (!(full || log || snapshot)) continue;
      const unused = backups.to.filter((bucket) => !provider.sendsTo.includes(bucket));
      const notCopied = unused.length > 0 ? `they are not copied to ${unused.join(" and ")}` : undefined;
      const at = backups.to.length > 0 ? `${backups.path}.to` : backups.path;
      // One machine has one disk, and promises nothing beyond it.
      if (!backupsSurviveZoneLoss(store, plan) && !onOneMachine(plan)) {
        const where = `${backupLocation(store)}${provider.copies === "bucket" ? " in the same cluster" : ""}`;
        report(at, {
          why: `the backups of ${name} are stored ${where} and may be lost with the data${notCopied === undefined ? "" : `; ${notCopied}`}`,
          severity: plan.data === "real" || plan.data === "anonymised" ? "warning" : "note",
          advice: advice(store),
          ...(isOffered(store, plan) ? { fix: { edits: outside(store), safe: false } } : {}),
        });
      } else if (notCopied !== undefined) {
        report(at, {
          why: `the backups of ${name} are stored ${backupLocation(store)}; ${notCopied}`,
          severity: "note",
          advice: "remove `to`, or copy them there yourself",
          fix: { edits: [{ path: `${backups.path}.to`, value: undefined }], safe: false },
        });
      } else if (plan.data === "real" && isDatabase(store) && isInOneRegion(store, plan)) {
        report(at, {
          why: `the backups of ${name} are stored ${backupLocation(store)}, in the account and the region of the data: what takes either of them takes both`,
          severity: "note",
          advice: "replicate the store to another region (`copy`), and copy its backups to another account",
        });
      }
    }
  },
});

function isInOneRegion({ provider, copy }: DatabaseStore, plan: Plan): boolean {
  return provider.kind === "managed" && (copy === undefined || copy === primaryRegion(plan));
}

/** Whether the cloud provides what the backups could be stored by: a bucket, or the store itself. */
function isOffered({ kind, provider }: Server, { cloud }: Plan): boolean {
  return (
    cloud !== "none" && STORES[provider.copies === "bucket" ? "bucket" : kind].products.managed[cloud] !== undefined
  );
}

/** What sends the backups to storage that the cloud runs: another provider of the bucket, or of the store. */
function outside({ path, provider }: Server): readonly Edit[] {
  const paths = provider.copies === "bucket" ? provider.sendsTo.map((name) => `stores.${name}`) : [path];
  return paths.map((each) => ({ path: `${each}.provide`, value: "managed" }));
}

function advice({ kind, provider }: Server): string {
  if (provider.copies === "bucket") return "set a bucket in `to` that a cloud provides (`provide: managed`)";
  return STORES[kind].products.inCluster({ standby: true, sharded: false }).copies === "bucket"
    ? "use a managed database (`provide: managed`), or run it with a standby, whose operator sends backups to a bucket"
    : "use a managed store (`provide: managed`), or remove the objectives that depend on the backups";
}
