import { storeTraits } from "../../../plan/stores/index.js";
import { defineRule } from "../../rule.js";

/** The servers of a store never serve a client as declared. See docs/checks.md, Availability. */
export const storeNeverServes = defineRule({
  code: "availability/store-never-serves",
  severity: "error",
  summary: "the servers of a store never serve a client as declared",
  help: "A Redis Cluster has at least three primaries, of which a majority elects a replacement. With two shards the job that forms the cluster fails, and its servers refuse every request. A provider's cluster (ElastiCache) may have two. No Redis Cluster has more than database 0: a client that selects another one is refused.",
  check({ plan }, report) {
    for (const store of plan.stores) {
      const { neverServes } = storeTraits(store);
      if (!neverServes) continue;
      const { why, advice, key, value } = neverServes;
      const path = `${store.path}.${key}`;
      report(path, { why, advice, fix: { edits: [{ path, value }], safe: false } });
    }
  },
});
