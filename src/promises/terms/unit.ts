import { originOf } from "../../plan/origin.js";
import type { Milliseconds, Plan, Probe, Unit } from "../../plan/plan.js";
import { type Redelivery, storeTraits } from "../../plan/stores/index.js";
import { formatDuration } from "../../platform-file/format.js";
import { replicasMissing } from "../alerts.js";
import { demandOf, type NodesNeeded } from "../capacity.js";
import { imageSize } from "../facts/images.js";
import {
  endpointWithdrawal,
  evictionToleration,
  firstRestartBackoff,
  imagePullRate,
  nodeMonitorGrace,
  podStartup,
  pressureTransition,
} from "../facts/kubernetes.js";
import { firstBackoff, processStart, type Watch, watchOf } from "../facts/supervisor.js";
import { formatSize } from "../format.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, longest, restingOn, unbounded, work } from "../prediction.js";
import { hasPersistentVolume } from "../subjects.js";
import { capacityElsewhere, type Placed, withoutRoom } from "./capacity.js";
import { movedWithVolume } from "./moved-volume.js";

/** The other replicas are available; requests reach the hung one until it is removed from the endpoints. */
export function unreadyReplicaRemoved(unit: Unit, plan: Plan): readonly Term[] {
  return [detection(unit, plan, "readiness probe", unit.health.ready), withdrawal()];
}

/** The kubelet kills the container and restarts it on the same node. */
export function containerRestart(unit: Unit, plan: Plan): readonly Term[] {
  return [
    detection(unit, plan, "liveness probe", unit.health.live),
    declared(plan, "shutdown grace period of the hung process", unit.terminationGrace, `${unit.path}.grace`),
    cited("restart back-off", firstRestartBackoff),
    start(unit, plan),
    withdrawal(),
  ];
}

/** The term of what a replica that hangs has fetched from its broker. */
export const MESSAGES_DELIVERED_AGAIN = "messages of the hung replica delivered again";

/**
 * A unit without a port has no probe: a process that exits is restarted, a process that hangs is not detected. No
 * requests are sent to it either, so its other replicas continue to fetch their work; what the hung one holds waits until its broker
 * delivers it again.
 */
export function withoutProbe(unit: Unit, plan: Plan): Prediction {
  if (unit.replicas.min > 1) {
    const held = brokersOf(unit, plan);
    const [kept] = held.flatMap(({ name, redelivery }) =>
      redelivery.kind === "never" ? [{ name, ...redelivery }] : [],
    );
    if (kept)
      return unbounded(
        plan,
        unit.path,
        `a replica of ${unit.name} that hangs is not detected, and ${kept.name} delivers its messages to no other one: ${kept.why}`,
        { advice: "use quorum queues, or declare a port with a health route, so that the replica is restarted" },
      );
    const [first, ...rest] = held.flatMap(({ name, redelivery }) =>
      redelivery.kind === "after" ? [cited(MESSAGES_DELIVERED_AGAIN, redelivery.time, name)] : [],
    );
    if (first) return bounded(plan, unit.path, [longest([first, ...rest])]);
    const why = "no requests are sent to a unit without a port: its other replicas continue to fetch their work";
    return bounded(plan, unit.path, [assumed("other replicas continue", 0, why)]);
  }
  return unbounded(plan, unit.path, `${unit.name} has no port to probe, so a hang is not detected`, {
    advice: "run two replicas, declare a port with a health route, or set no RTO for it (`objectives: { rto: none }`)",
  });
}

/** The stores that a unit calls and that hand each message to one consumer. */
function brokersOf(
  { name }: Unit,
  { edges, stores }: Plan,
): readonly { readonly name: string; readonly redelivery: Redelivery }[] {
  const called = new Set(edges.flatMap(({ from, to }) => (from === name ? [to] : [])));
  return stores.flatMap((store) => {
    const { redelivery } = storeTraits(store);
    return redelivery && called.has(store.name) ? [{ name: store.name, redelivery }] : [];
  });
}

/**
 * `keelson up` kills the process that runs the unit, if it hangs, and restarts it. One process runs all units, or each
 * unit has its own (`--split`): this is the slower of the two. `sharedProcess` is the watch of the one process.
 */
export function supervisorRestart(unit: Unit, plan: Plan, sharedProcess: Watch): readonly Term[] {
  const ownProcess = watchOf([unit.health.live]);
  const slower = detectionTime(sharedProcess) > detectionTime(ownProcess) ? sharedProcess : ownProcess;
  const { every, failures } = slower;
  return [
    declared(
      plan,
      "liveness probe",
      every * failures,
      `${unit.path}.health.live`,
      `${failures} × ${formatDuration(every)}`,
    ),
    assumed("restart back-off", firstBackoff.value, firstBackoff.why),
    processStartup(unit, plan),
  ];
}

/** A declared start time counts if it is longer than the usual one. */
function processStartup(unit: Unit, plan: Plan): Term {
  const isDeclared = originOf(plan, `${unit.path}.health.startup`).kind !== "default";
  return isDeclared && unit.health.startup > processStart.value
    ? start(unit, plan)
    : work(assumed("start to ready", processStart.value, processStart.why));
}

/** The node failed and other replicas are available: how long the failed one stays in the endpoints. */
export function nodeFailureDetection(plan: Plan): readonly Term[] {
  return [cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)), withdrawal()];
}

/**
 * Replicas were on the failed node or in the failed zone, and those that remain are too few: the lost ones are scheduled
 * elsewhere. `nodesNeeded` is how many nodes of each pool the plan needs at its minimum.
 */
export function rescheduling(unit: Unit, plan: Plan, lost: Domain, nodesNeeded: NodesNeeded): Prediction {
  const placed = placedOf(unit);
  const started = [imagePullTime(unit, plan), start(unit, plan), withdrawal()];
  if (hasPersistentVolume(unit))
    return movedWithVolume(plan, unit, { placed, lost, nodesNeeded, alert: replicasMissing(unit, plan) }, started);
  const room = capacityElsewhere(placed, plan, { lost, sameZone: false }, nodesNeeded);
  if (room.kind !== "some") return withoutRoom(room, plan, unit.path);
  return bounded(plan, unit.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    cited("eviction of its pods", evictionToleration),
    room.term,
    cited("pod scheduled", podStartup),
    ...started,
  ]);
}

/**
 * The kubelet evicted the replicas of a unit on a node under pressure, and those that remain are too few. The node itself still
 * runs: a replica starts on another one with room, or on the same one once the pressure has ended, where its volume is in any case.
 */
export function replacementOfEvicted(unit: Unit, plan: Plan, nodesNeeded: NodesNeeded): Prediction {
  const ended = cited("pressure of the node ends", pressureTransition);
  const room = hasPersistentVolume(unit)
    ? undefined
    : capacityElsewhere(placedOf(unit), plan, { lost: "node", sameZone: false }, nodesNeeded);
  const wait = room?.kind === "some" && room.term.value < ended.value ? room.term : ended;
  return bounded(plan, unit.path, [
    wait,
    cited("pod scheduled", podStartup),
    imagePullTime(unit, plan),
    start(unit, plan),
    withdrawal(),
  ]);
}

/** The replicas on one node were killed at once, and enough others are available. */
export function killedReplicasRemoved(): readonly Term[] {
  return [withdrawal()];
}

/** A further replica on a node with room for it. */
export function replicaStart(unit: Unit, plan: Plan): readonly Term[] {
  return [cited("pod scheduled", podStartup), imagePullTime(unit, plan), start(unit, plan), withdrawal()];
}

/** Pull of the unit's image; the weights of a model are part of its start. */
export function imagePullTime(unit: Unit, plan: Plan): Term {
  const { bytes, why } = imageSize(unit, plan.models.find(({ unit: name }) => name === unit.name)?.engine);
  const { value: rate, why: whyRate } = imagePullRate;
  return work(
    assumed("image pull", (bytes / rate) * 1000, `${why}; ${whyRate}`, `${formatSize(bytes)} ÷ ${formatSize(rate)}/s`),
  );
}

function placedOf(unit: Unit): Placed {
  return { name: unit.name, pool: unit.pool, demand: demandOf(unit) };
}

/** One worst-case detection by the supervisor. */
function detectionTime({ every, failures }: Watch): number {
  return every * failures;
}

/** Everything starts at the same time: the longest start counts, among equal ones that of the first unit by name. */
export function slowestStart(plan: Plan): readonly Term[] {
  return startOf(
    longestOf(plan.units, ({ health }) => health.startup),
    plan,
  );
}

/** The same on nodes that have no image yet: the longest pull and start counts. */
export function slowestStartOnNewNodes(units: readonly Unit[], plan: Plan): readonly Term[] {
  const slowest = longestOf(units, (unit) => imagePullTime(unit, plan).value + unit.health.startup);
  return slowest ? [imagePullTime(slowest, plan), ...startOf(slowest, plan)] : [];
}

function longestOf(units: readonly Unit[], time: (unit: Unit) => Milliseconds): Unit | undefined {
  return [...units].sort((a, b) => time(b) - time(a) || (a.name < b.name ? -1 : 1))[0];
}

function startOf(slowest: Unit | undefined, plan: Plan): readonly Term[] {
  if (!slowest) return [];
  const { name, path, health } = slowest;
  return [restingOn([name], declared(plan, `start of ${name}, the slowest`, health.startup, `${path}.health.startup`))];
}

function start(unit: Unit, plan: Plan): Term {
  return work(declared(plan, "start to ready", unit.health.startup, `${unit.path}.health.startup`));
}

export function withdrawal(): Term {
  return assumed("endpoints updated", endpointWithdrawal.value, endpointWithdrawal.why);
}

/**
 * The process hangs just after a probe. The kubelet sends the next probe of a container only after the one before has ended, so a timeout
 * that is longer than the period counts for every probe (kubernetes/kubernetes, pkg/kubelet/prober/worker.go: one loop per probe).
 */
function detection(unit: Unit, plan: Plan, name: string, { every, failures, timeout }: Probe): Term {
  const which = name === "readiness probe" ? "ready" : "live";
  const how =
    timeout > every
      ? `${formatDuration(every)} + ${failures} × ${formatDuration(timeout)} timeout`
      : `${failures} × ${formatDuration(every)} + ${formatDuration(timeout)} timeout`;
  const total = every + (failures - 1) * Math.max(every, timeout) + timeout;
  return declared(plan, name, total, `${unit.path}.health.${which}`, how);
}
