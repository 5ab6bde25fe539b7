import type { Cache, Plan } from "../../plan/plan.js";
import { isCache } from "../../plan/stores/index.js";
import { dataUnsafe } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, unknown } from "../prediction.js";
import { refillCache } from "../runbooks/stores.js";
import { restoreBase } from "../subjects.js";
import { unknownWhereNotRun } from "../terms/left-out.js";
import { lostWithData } from "../terms/server.js";
import { noticed, provisioned, reconnected, response, restored } from "../terms/store.js";

/** Every copy of the cache's contents is gone. */
export const cacheLoss = defineFault<Cache>({
  id: "cache-loss",
  title: "The cache's contents are gone on every replica",
  subjects: (plan) => plan.stores.filter(isCache),
  rpo: (cache, plan) => unknownWhereNotRun(cache, plan) ?? lostWithData(cache, plan),
  rto: (cache, plan) => unknownWhereNotRun(cache, plan) ?? refilled(cache, plan),
  alert: dataUnsafe,
  runbook: refillCache,
  drill: undefined,
});

/** Without a snapshot an empty cache serves as soon as it runs; with one, somebody has to load it. */
function refilled(cache: Cache, plan: Plan): Prediction {
  const empty = [...noticed(cache, plan), provisioned(cache), reconnected()];
  if (!restoreBase(cache)) return bounded(plan, cache.path, empty);
  const responded = response(plan);
  if (!responded) {
    return unknown(plan, "observe.metrics", `no metrics are kept, so nobody is told that ${cache.name} is empty`);
  }
  return bounded(plan, cache.path, [...empty, ...responded, restored(cache)]);
}
