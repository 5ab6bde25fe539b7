import { type BucketStore, isBucket } from "../../../plan/stores/index.js";
import { holdsData } from "../../../promises/terms/bucket.js";
import type { CheckContext } from "../../context.js";
import { defineRule } from "../../rule.js";

/** A bucket with real data or its backups keeps no versions. See docs/checks.md, Data. */
export const bucketUnversioned = defineRule({
  code: "data/bucket-unversioned",
  severity: "warning",
  summary: "a bucket with real data, or with its backups, retains no versions of its objects",
  help: "A provider stores an object several times, and deletes all of them when a client deletes or overwrites it. Without versions one wrong command is final, and an attacker who deletes the data with stolen credentials deletes its backups with the next command.",
  check(context, report) {
    const { plan } = context;
    if (plan.data !== "real") return;
    for (const store of plan.stores) {
      if (!isBucket(store) || store.versions || store.lock !== undefined) continue;
      const content = contentOf(store, context);
      if (content === undefined) continue;
      report(store.path, {
        why: `${store.name} has ${content} and no versions: an object that is deleted or overwritten is lost`,
        advice: "retain versions: `bucket: { versions: true }`",
        fix: { edits: [{ path: `${store.path}.bucket`, value: { versions: true } }], safe: false },
      });
    }
  },
});

function contentOf(bucket: BucketStore, { plan }: CheckContext): string | undefined {
  if (holdsData(bucket, plan)) return "real data";
  const sources = plan.stores.filter(({ provider }) => provider.sendsTo.includes(bucket.name));
  return sources.length === 0 ? undefined : `the backups of ${sources.map(({ name }) => name).join(" and ")}`;
}
