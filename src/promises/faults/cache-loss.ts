import type { Plan } from "../../plan/plan.js";
import type { CacheStore } from "../../plan/stores/index.js";
import { backupsTooOld } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, unknown } from "../prediction.js";
import { refillCache } from "../runbooks/stores.js";
import { restoreBase } from "../subjects.js";
import { unknownIfNotRun } from "../terms/not-run.js";
import { lostWithStorage } from "../terms/server.js";
import { backupRestore, clientReconnect, onCallResponse, serverProvisioning, storeDetection } from "../terms/store.js";

/** Every copy of the cache's contents is lost. */
export const cacheLoss = defineFault({
  id: "cache-loss",
  title: "The cache's contents are lost on every replica",
  includes: undefined,
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
    unit: undefined,
    model: undefined,
    platform: undefined,
  },
  drill: undefined,
});

/** Without a snapshot an empty cache is available as soon as it runs; with one, an operator has to load it. */
function refill(cache: CacheStore, plan: Plan): Prediction {
  const empty = [...storeDetection(cache, plan), serverProvisioning(cache), clientReconnect()];
  if (!restoreBase(cache)) return bounded(plan, cache.path, empty);
  const response = onCallResponse(plan);
  if (!response) {
    return unknown(plan, "observe.metrics", `no metrics are stored, so no one is notified that ${cache.name} is empty`);
  }
  return bounded(plan, cache.path, [...empty, ...response, backupRestore(cache)]);
}
