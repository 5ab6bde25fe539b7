import type { Objectives, Plan, Unit } from "../../../plan/plan.js";
import { type BucketStore, hasServers, isBucket } from "../../../plan/stores/index.js";
import { entranceDown, platformDown, replicasMissing, storeDown } from "../../alerts.js";
import { hasZones } from "../../facts/machines.js";
import type { SubjectHandler, SubjectHandlers } from "../../fault.js";
import { isOwnObjective, promisesItself } from "../../objectives.js";
import type { Prediction } from "../../prediction.js";
import { bounded, cited, unbounded, worse } from "../../prediction.js";
import { rebuildElsewhere } from "../../runbooks/platform.js";
import { type EntranceSubject, hasPersistentVolume, type Server } from "../../subjects.js";
import { holdsData, lostBucket, runsInCluster } from "../../terms/bucket.js";
import { lostRequests } from "../../terms/entrance.js";
import { lostByZoneLoss } from "../../terms/state.js";
import { lostWithZone } from "./lost-with-zone.js";

const unit: SubjectHandler<Unit> = {
  affects: hasOwnObjective,
  rto: (_unit, plan) => singleZoneUnbounded(plan),
  rpo: lostByZoneLoss,
  alert: replicasMissing,
  runbook: (_unit, plan) => rebuildElsewhere(plan),
};

const entrance: SubjectHandler<EntranceSubject> = {
  affects: hasOwnObjective,
  rto: (_entrance, plan) => singleZoneUnbounded(plan),
  rpo: lostRequests,
  alert: entranceDown,
  runbook: (_entrance, plan) => rebuildElsewhere(plan),
};

const server: SubjectHandler<Server> = {
  affects: hasOwnObjective,
  rto: (_server, plan) => singleZoneUnbounded(plan),
  rpo: lostWithZone,
  alert: storeDown,
  runbook: (_server, plan) => rebuildElsewhere(plan),
};

const bucket: SubjectHandler<BucketStore> = {
  affects: (bucket, plan) => runsInCluster(bucket) && hasOwnObjective(bucket, plan),
  rto: (_bucket, plan) => singleZoneUnbounded(plan),
  rpo: (bucket, plan) => lostBucket(bucket, plan, "zone"),
  alert: storeDown,
  runbook: (_bucket, plan) => rebuildElsewhere(plan),
};

/** Everything runs in the failed zone: one row for the platform, and one for each element that promises its own RTO or RPO. */
export const inTheOnlyZone: SubjectHandlers = {
  platform: {
    rto: (_platform, plan) => singleZoneUnbounded(plan),
    rpo: (_platform, plan) => largestLoss(plan),
    alert: platformDown,
    runbook: (_platform, plan) => rebuildElsewhere(plan),
  },
  entrance,
  unit,
  database: server,
  cache: server,
  broker: server,
  bucket,
  model: undefined,
  volume: undefined,
};

function hasOwnObjective({ objectives }: { readonly objectives: Objectives }, plan: Plan): boolean {
  return promisesItself(plan, objectives, "zone-loss");
}

function singleZoneUnbounded(plan: Plan): Prediction {
  const place = hasZones(plan.cloud) ? "in one zone" : "on one site: a region of Linode has no zones";
  return unbounded(plan, "zones", `everything runs ${place}, and nothing remains when it fails`, {
    advice: "spread over zones where the cloud has them, or exclude this fault from the promise: `except: [zone-loss]`",
  });
}

/**
 * The largest loss of what the platform's own RPO covers, stores, buckets and volumes; among equal losses, of the first by name,
 * independent of the order in the file.
 */
function largestLoss(plan: Plan): Prediction {
  const isCovered = ({ objectives }: { readonly objectives: Objectives }): boolean =>
    !isOwnObjective(plan, objectives, "rpo") && !objectives.except.includes("zone-loss");
  const inZone = [
    ...plan.stores.filter(hasServers).map((server) => ({ element: server, lost: lostWithZone(server, plan) })),
    ...plan.stores
      .filter(isBucket)
      .filter((bucket) => runsInCluster(bucket) && holdsData(bucket, plan))
      .map((bucket) => ({ element: bucket, lost: lostBucket(bucket, plan, "zone") })),
    ...plan.units.filter(hasPersistentVolume).map((unit) => ({ element: unit, lost: lostByZoneLoss(unit, plan) })),
  ];
  const losses = inZone
    .filter(({ element }) => isCovered(element))
    .sort((a, b) => (a.element.name < b.element.name ? -1 : 1))
    .map(({ lost }) => lost);
  return losses.reduce(
    worse,
    bounded(plan, "zones", [cited("nothing: no component keeps data in the zone", stateless)]),
  );
}

const stateless = {
  value: 0,
  source:
    "stores, buckets and volumes of the platform are elsewhere, or their loss is not promised or has a row of its own",
};
