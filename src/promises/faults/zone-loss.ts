import type { Element, Objectives, Plan, Unit } from "../../plan/plan.js";
import { hasServers, isDatabase, storeTraits } from "../../plan/stores/index.js";
import { replicasMissing, storeDown } from "../alerts.js";
import { hasZones } from "../facts/machines.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, unbounded, unknown } from "../prediction.js";
import { isOwn } from "../promised.js";
import { rebuildElsewhere, restoreDatabase, storeAnswersNot } from "../runbooks/stores.js";
import { moveUnit } from "../runbooks/units.js";
import type { Server } from "../subjects.js";
import { failsOver, isUnit, running } from "../subjects.js";
import { copiesApart, copyPlace, restorableElsewhere } from "../terms/copies.js";
import { onOneMachine, zones } from "../terms/machine.js";
import { failedOver, lostWithData, missedByReplica } from "../terms/server.js";
import { lostByZone } from "../terms/state.js";
import { noticed, provisioned, reconnected, response, restored } from "../terms/store.js";
import { nodeNoticed, rescheduled } from "../terms/unit.js";
import { lostSinceBackup, restoreFromBackup } from "./database-loss.js";

/** Stands for everything at once, where one zone holds all of it. */
interface Everything extends Element {
  readonly kind: "everything";
  readonly objectives: Objectives;
}

type Subject = Unit | Server | Everything;

/**
 * An availability zone is gone: its machines and the volumes in it. Where the plan has one zone only, that zone is
 * the whole platform: one row says so of everything that is promised for all of it, and one each of what promises more
 * or less.
 */
export const zoneLoss = defineFault<Subject>({
  id: "zone-loss",
  title: "An availability zone is gone",
  subjects,
  rto: (subject, plan) => {
    if (isEverything(subject) || zones(plan).length < 2) return nowhereToGo(plan);
    return isUnit(subject) ? unitServesAgain(subject, plan) : serverAnswersAgain(subject, plan);
  },
  rpo: (subject, plan) => {
    if (isEverything(subject)) return worstLoss(plan);
    if (isUnit(subject)) return lostByZone(subject, plan);
    if (inSeveralZones(subject, plan)) return missedByReplica(subject, plan);
    return lostWithZone(subject, plan);
  },
  alert: (subject, plan) =>
    !isEverything(subject) && isUnit(subject) ? replicasMissing(subject, plan) : storeDown(subject, plan),
  runbook: (subject, plan) => {
    if (isEverything(subject) || zones(plan).length < 2) return rebuildElsewhere(plan);
    if (isUnit(subject)) return moveUnit(subject, plan, "zone");
    return isDatabase(subject) && !inSeveralZones(subject, plan)
      ? restoreDatabase(subject, plan)
      : storeAnswersNot(subject, plan);
  },
  drill: undefined,
});

function subjects(plan: Plan): readonly Subject[] {
  if (onOneMachine(plan)) return [];
  if (zones(plan).length > 1) return running(plan);
  const everything: Everything = {
    kind: "everything",
    name: plan.platform,
    path: "zones",
    objectives: plan.objectives,
  };
  return [everything, ...running(plan).filter(({ objectives }) => promisesOfItsOwn(objectives, plan))];
}

function promisesOfItsOwn(objectives: Objectives, plan: Plan): boolean {
  return (["rto", "rpo"] as const).some((of) => objectives[of] !== undefined && isOwn(plan, objectives, of));
}

function isEverything(subject: Subject): subject is Everything {
  return "kind" in subject && subject.kind === "everything";
}

function nowhereToGo(plan: Plan): Prediction {
  const place = hasZones(plan.cloud) ? "in one zone" : "on one site, which is all that a region of Linode is";
  return unbounded(plan, "zones", `everything runs ${place}, and nothing is left when it is lost`, {
    advice: "spread over zones where the cloud has them, or leave this fault out of the promise: `except: [zone-loss]`",
  });
}

/**
 * Of the stores that the platform's promise is about, the one that loses most decides; among equals the first by name,
 * wherever it stands in the file.
 */
function worstLoss(plan: Plan): Prediction {
  const servers = plan.stores
    .filter(hasServers)
    .filter(({ objectives }) => !isOwn(plan, objectives, "rpo") && !objectives.except.includes("zone-loss"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const losses = servers.map((server) => lostWithZone(server, plan));
  return losses.reduce(worse, bounded(plan, "zones", []));
}

function worse(a: Prediction, b: Prediction): Prediction {
  if (a.kind !== "bounded") return a;
  return b.kind !== "bounded" || b.total > a.total ? b : a;
}

/** Copies that lie in the zone are lost with it. */
function lostWithZone(server: Server, plan: Plan): Prediction {
  const lost = isDatabase(server) ? lostSinceBackup(server, plan) : lostWithData(server, plan);
  return lost.kind === "bounded" && !copiesApart(server, plan) ? copiesGoneAsWell(server, plan) : lost;
}

function copiesGoneAsWell(server: Server, plan: Plan): Prediction {
  const why = `the backups of ${server.name} lie ${copyPlace(server)}, and may be lost with the zone`;
  return unbounded(plan, server.backups.path, why, {
    advice: "send copies to a bucket that a cloud provides, or let a copy of the server stand in another zone",
  });
}

function unitServesAgain(unit: Unit, plan: Plan): Prediction {
  if (onSeveralZones(unit, plan)) return bounded(plan, unit.path, nodeNoticed(plan));
  const volume = unit.volumes.find(({ kind }) => kind === "persistent");
  if (volume) {
    return unbounded(
      plan,
      `${unit.path}.volumes`,
      `${unit.name} waits for its volume ${volume.name}, which is in the lost zone`,
      {
        advice: "run replicas in several zones, each with its own volume, or keep the state in a store",
      },
    );
  }
  return rescheduled(unit, plan, "zone");
}

/** `prefer` is a wish: at worst every replica was in the zone that is lost. */
function onSeveralZones(unit: Unit, plan: Plan): boolean {
  return unit.replicas.min > 1 && unit.spread.zones === "require" && zones(plan).length > 1;
}

/**
 * Whether a replica in another zone takes over: the kind of store defines how many zones that takes.
 */
function inSeveralZones(server: Server, plan: Plan): boolean {
  if (zones(plan).length < 2 || !failsOver(server)) return false;
  const { minZones } = storeTraits(server);
  return minZones !== undefined && zones(plan).length >= minZones;
}

function serverAnswersAgain(server: Server, plan: Plan): Prediction {
  if (inSeveralZones(server, plan)) return bounded(plan, server.path, failedOver(server, plan, "zone"));
  if (isDatabase(server)) {
    const restored = restoreFromBackup(server, plan);
    return restored.kind === "bounded" && !copiesApart(server, plan) ? copiesGoneAsWell(server, plan) : restored;
  }
  const { withoutReplica } = storeTraits(server);
  if (withoutReplica.kind === "wait") {
    const { why, advice, key, value } = withoutReplica;
    return unbounded(plan, server.path, why, { advice, edits: [{ path: `${server.path}.${key}`, value }] });
  }
  const responded = response(plan);
  if (!responded)
    return unknown(plan, "observe.metrics", `no metrics are kept, so nobody is told that ${server.name} is gone`);
  return bounded(plan, server.path, [
    ...noticed(server, plan),
    ...responded,
    provisioned(server),
    ...(restorableElsewhere(server, plan) ? [restored(server)] : []),
    reconnected(),
  ]);
}
