import { originOf } from "../../plan/origin.js";
import type { Plan, Probe, Unit } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { demandOf, type NodesNeeded, poolOf } from "../capacity.js";
import {
  endpointWithdrawal,
  evictionToleration,
  firstRestartBackoff,
  forceDetach,
  imagePull,
  nodeMonitorGrace,
  podStartup,
} from "../facts/kubernetes.js";
import { nodeProvisioning } from "../facts/machines.js";
import { firstBackoff, processStart, type Watch, watchOf } from "../facts/supervisor.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, unbounded, unknown, work } from "../prediction.js";
import { zones } from "./machine.js";

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

/**
 * A unit without a port has no probe: a process that exits is restarted, a process that hangs is not detected. No
 * requests are sent to it either, so its other replicas continue to fetch their work.
 */
export function withoutProbe(unit: Unit, plan: Plan): Prediction {
  if (unit.replicas.min > 1) {
    const why = "no requests are sent to a unit without a port: its other replicas continue to fetch their work";
    return bounded(plan, unit.path, [assumed("other replicas continue", 0, why)]);
  }
  return unbounded(plan, unit.path, `${unit.name} has no port to probe, so a hang is not detected`, {
    advice: "run two replicas, declare a port with a health route, or set no RTO for it (`objectives: { rto: none }`)",
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
 * Every replica was on the failed node or in the failed zone and is scheduled elsewhere. `nodesNeeded` is how many nodes
 * of each pool the plan needs at its minimum.
 */
export function rescheduling(unit: Unit, plan: Plan, lost: "node" | "zone", nodesNeeded: NodesNeeded): Prediction {
  const room = capacityElsewhere(unit, plan, lost, nodesNeeded);
  if (room.kind === "none") return unbounded(plan, unit.path, room.why, { advice: room.advice });
  if (room.kind === "unknown") return unknown(plan, unit.path, room.why);
  return bounded(plan, unit.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    cited("eviction of its pods", evictionToleration),
    ...(unit.volumes.some(({ kind }) => kind === "persistent")
      ? [cited("forced detach of its volume", forceDetach)]
      : []),
    room.term,
    cited("pod scheduled", podStartup),
    work(assumed("image pull", imagePull.value, imagePull.why)),
    start(unit, plan),
    withdrawal(),
  ]);
}

/** One worst-case detection by the supervisor. */
function detectionTime({ every, failures }: Watch): number {
  return every * failures;
}

function start(unit: Unit, plan: Plan): Term {
  return work(declared(plan, "start to ready", unit.health.startup, `${unit.path}.health.startup`));
}

function withdrawal(): Term {
  return assumed("endpoints updated", endpointWithdrawal.value, endpointWithdrawal.why);
}

function detection(unit: Unit, plan: Plan, name: string, probe: Probe): Term {
  const which = name === "readiness probe" ? "ready" : "live";
  return declared(
    plan,
    name,
    probe.every * probe.failures + probe.timeout,
    `${unit.path}.health.${which}`,
    `${probe.failures} × ${formatDuration(probe.every)} + ${formatDuration(probe.timeout)} timeout`,
  );
}

type Capacity =
  | { readonly kind: "some"; readonly term: Term }
  | { readonly kind: "none"; readonly why: string; readonly advice: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Whether the lost pods fit on the remaining nodes, at the pool's minimum node count. */
function capacityElsewhere(unit: Unit, plan: Plan, lost: "node" | "zone", nodesNeeded: NodesNeeded): Capacity {
  if (plan.pools.length === 0) {
    const why = "no node pools are declared; the cluster is assumed to have capacity";
    return { kind: "some", term: assumed("capacity on another node", 0, why) };
  }
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  if (pool?.allocatable) {
    const lostNodes = lost === "node" ? 1 : Math.ceil(pool.count.min / Math.max(1, zones(plan).length));
    const remaining = pool.count.min - lostNodes;
    const needed = nodesNeeded.get(pool);
    if (needed !== undefined && needed <= remaining) {
      const how = `${needed} of the ${remaining} remaining nodes`;
      return { kind: "some", term: declared(plan, "capacity on another node", 0, `${pool.path}.count`, how) };
    }
  }
  const provisioning = nodeProvisioning(plan.cloud);
  if (provisioning) return { kind: "some", term: work(cited("new node provisioned", provisioning)) };
  if (!pool?.allocatable) {
    const missing = pool ? `the capacity of a ${pool.type} of pool ${pool.name}` : `the pool that ${unit.name} runs on`;
    return {
      kind: "unknown",
      why: `${missing} is not known, so the capacity of the other nodes cannot be computed`,
    };
  }
  return {
    kind: "none",
    why: `after the loss of a ${lost} the remaining nodes may have no capacity for ${unit.name}, and no autoscaler adds nodes`,
    advice: "raise the pool's minimum node count, so that the remaining nodes have capacity for the lost pods",
  };
}
