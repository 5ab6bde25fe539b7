import type { Plan } from "../../plan/plan.js";
import type { CacheStore } from "../../plan/stores/index.js";
import { backupsTooOld } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded } from "../prediction.js";
import { refillCache } from "../runbooks/stores.js";
import { unknownIfNotRun } from "../terms/not-run.js";
import { lostWithStorage } from "../terms/server.js";
import { clientReconnect, serverProvisioning, storeDetection } from "../terms/store.js";

/** Every copy of the cache's contents is lost. */
export const cacheLoss = defineFault({
  id: "cache-loss",
  title: "The cache's contents are lost on every replica",
  includes: [],
  on: {
    cache: {
      rpo: (cache, plan) => unknownIfNotRun(cache, plan) ?? lostWithStorage(cache, plan),
      rto: (cache, plan) => unknownIfNotRun(cache, plan) ?? refill(cache, plan),
      alert: backupsTooOld,
      runbook: refillCache,
    },
    database: undefined,
    broker: undefined,
    bucket: undefined,
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  },
  drill: { kind: "by hand", why: "it needs a cache, which one machine does not run" },
});

/** An empty cache serves requests as soon as it runs. What a snapshot would bring back is a matter of the RPO. */
function refill(cache: CacheStore, plan: Plan): Prediction {
  return bounded(plan, cache.path, [...storeDetection(cache, plan), serverProvisioning(cache), clientReconnect()]);
}
