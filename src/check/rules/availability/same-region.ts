import { primaryRegion } from "../../../plan/regions.js";
import { isBucket, isDatabase } from "../../../plan/stores/index.js";
import { defineRule } from "../../rule.js";

/** What is declared for the loss of a region is in that region. See docs/checks.md, Availability. */
export const sameRegion = defineRule({
  code: "availability/same-region",
  severity: "error",
  summary: "a standby region or the copy of a store is in the primary region",
  help: "What takes the primary region takes everything in it. A standby region, or a copy of the data, protects against the loss of a region only in another one.",
  check({ plan }, report) {
    const primary = primaryRegion(plan);
    for (const { name } of plan.regions.filter((each) => each.role === "standby" && each.name === primary)) {
      report("regions.standby", {
        why: `the standby region ${name} is the primary region: nothing takes over when it fails`,
        advice: "declare another region",
      });
    }
    for (const store of plan.stores) {
      if (!(isDatabase(store) || isBucket(store)) || store.copy !== primary) continue;
      report(isBucket(store) ? `${store.path}.bucket.copy` : `${store.path}.copy`, {
        severity: "warning",
        why: `the copy of ${store.name} is in ${primary}, the region of the data: it is lost with the region`,
        advice: "replicate it to another region",
      });
    }
  },
});
