import { isBucket } from "../../../plan/stores/index.js";
import { holdsData } from "../../../promises/terms/bucket.js";
import { defineRule } from "../../rule.js";

/** A bucket with real data keeps no versions. See docs/checks.md, Data. */
export const bucketUnversioned = defineRule({
  code: "data/bucket-unversioned",
  severity: "warning",
  summary: "a bucket with real data retains no versions of its objects",
  help: "A provider stores an object several times, and deletes all of them when a client deletes or overwrites it. Without versions one wrong command is final.",
  check({ plan }, report) {
    if (plan.data !== "real") return;
    for (const store of plan.stores) {
      if (!isBucket(store) || store.versions || !holdsData(store, plan)) continue;
      report(store.path, {
        why: `${store.name} has real data and no versions: an object that is deleted or overwritten is lost`,
        advice: "retain versions: `bucket: { versions: true }`",
        fix: { edits: [{ path: `${store.path}.bucket`, value: { versions: true } }], safe: false },
      });
    }
  },
});
