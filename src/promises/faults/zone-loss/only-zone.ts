import type { Element, Objectives, Plan, Unit } from "../../../plan/plan.js";
import { hasServers } from "../../../plan/stores/index.js";
import { entranceDown, platformDown, replicasMissing, storeDown } from "../../alerts.js";
import { hasZones } from "../../facts/machines.js";
import type { SubjectHandler, SubjectHandlers } from "../../fault.js";
import { isOwnObjective, promisedRecovery } from "../../objectives.js";
import type { Prediction } from "../../prediction.js";
import { bounded, unbounded } from "../../prediction.js";
import { rebuildElsewhere } from "../../runbooks/platform.js";
import type { EntranceSubject, Server } from "../../subjects.js";
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
  bucket: undefined,
  model: undefined,
  volume: undefined,
};

function hasOwnObjective({ objectives }: Element & { readonly objectives: Objectives }, plan: Plan): boolean {
  return (["rto", "rpo"] as const).some(
    (of) => promisedRecovery(objectives, "zone-loss", of) !== undefined && isOwnObjective(plan, objectives, of),
  );
}

function singleZoneUnbounded(plan: Plan): Prediction {
  const place = hasZones(plan.cloud) ? "in one zone" : "on one site: a region of Linode has no zones";
  return unbounded(plan, "zones", `everything runs ${place}, and nothing remains when it fails`, {
    advice: "spread over zones where the cloud has them, or exclude this fault from the promise: `except: [zone-loss]`",
  });
}

/**
 * The largest loss of the stores that the platform's own RPO covers; among equal losses, of the first store by name,
 * independent of the order in the file.
 */
function largestLoss(plan: Plan): Prediction {
  const servers = plan.stores
    .filter(hasServers)
    .filter(({ objectives }) => !isOwnObjective(plan, objectives, "rpo") && !objectives.except.includes("zone-loss"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return servers.map((server) => lostWithZone(server, plan)).reduce(larger, bounded(plan, "zones", []));
}

function larger(a: Prediction, b: Prediction): Prediction {
  if (a.kind !== "bounded") return a;
  return b.kind !== "bounded" || b.total > a.total ? b : a;
}
