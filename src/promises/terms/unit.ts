import { originOf } from "../../plan/origin.js";
import type { Plan, Probe, Unit } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { demandOf, homeOf, nodesAtLeast } from "../capacity.js";
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
import { firstBackoff, modulesOf, processStart, watchOf } from "../facts/supervisor.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, unbounded, unknown, work } from "../prediction.js";
import { zones } from "./machine.js";

/** The other replicas serve; this is how long requests still reach the one that hangs. */
export function withdrawn(unit: Unit, plan: Plan): readonly Term[] {
  return [detection(unit, plan, "readiness probe", unit.health.ready), withdrawal()];
}

/** The container is killed and started again in the same place. */
export function restarted(unit: Unit, plan: Plan): readonly Term[] {
  return [
    detection(unit, plan, "liveness probe", unit.health.live),
    declared(plan, "a hung process is killed", unit.terminationGrace, `${unit.path}.grace`),
    cited("restart back-off", firstRestartBackoff),
    start(unit, plan),
    withdrawal(),
  ];
}

/**
 * A unit without a port has no probe: one that exits is started again, one that hangs is noticed by nobody. Nothing is
 * sent to it either, so other replicas go on fetching their work.
 */
export function unasked(unit: Unit, plan: Plan): Prediction {
  if (unit.replicas.min > 1) {
    const why = "nothing is sent to a unit without a port: its other replicas go on fetching their work";
    return bounded(plan, unit.path, [assumed("the other replicas work on", 0, why)]);
  }
  return unbounded(
    plan,
    unit.path,
    `${unit.name} has no port that a probe could ask, so nobody notices that it hangs`,
    {
      advice:
        "run two replicas, give it a port with a health route, or promise nothing of it (`objectives: { rto: none }`)",
    },
  );
}

/**
 * The process of `keelson up` that holds the unit is killed, where it hangs, and started again. One process holds all
 * units, or each has its own (`--split`): the worse of the two is told.
 */
export function restartedBySupervisor(unit: Unit, plan: Plan): readonly Term[] {
  const together = plan.units.filter((other) => modulesOf(other).length > 0);
  const alone = watchOf([unit.health.live]);
  const shared = watchOf(together.map(({ health }) => health.live));
  const { every, failures } = shared.every * shared.failures > alone.every * alone.failures ? shared : alone;
  return [
    declared(
      plan,
      "liveness probe",
      every * failures,
      `${unit.path}.health.live`,
      `${failures} × ${formatDuration(every)}`,
    ),
    assumed("restart back-off", firstBackoff.value, firstBackoff.why),
    processStarted(unit, plan),
  ];
}

/** A start that the file calls slower than usual is believed. */
function processStarted(unit: Unit, plan: Plan): Term {
  const stated = originOf(plan, `${unit.path}.health.startup`).kind !== "default";
  return stated && unit.health.startup > processStart.value
    ? start(unit, plan)
    : work(assumed("start to ready", processStart.value, processStart.why));
}

/** The node is gone and other replicas serve: how long the lost one is still in the routing tables. */
export function nodeNoticed(plan: Plan): readonly Term[] {
  return [cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)), withdrawal()];
}

/** Every replica was on what is lost; they start again elsewhere. */
export function rescheduled(unit: Unit, plan: Plan, lost: "node" | "zone"): Prediction {
  const room = roomElsewhere(unit, plan, lost);
  if (room.kind === "none") return unbounded(plan, unit.path, room.why, { advice: room.advice });
  if (room.kind === "unknown") return unknown(plan, unit.path, room.why);
  return bounded(plan, unit.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    cited("eviction of its pods", evictionToleration),
    ...(unit.volumes.some(({ kind }) => kind === "persistent") ? [cited("its volume is detached", forceDetach)] : []),
    room.term,
    cited("pod placed", podStartup),
    work(assumed("image pull", imagePull.value, imagePull.why)),
    start(unit, plan),
    withdrawal(),
  ]);
}

function start(unit: Unit, plan: Plan): Term {
  return work(declared(plan, "start to ready", unit.health.startup, `${unit.path}.health.startup`));
}

function withdrawal(): Term {
  return assumed("routing tables follow", endpointWithdrawal.value, endpointWithdrawal.why);
}

function detection(unit: Unit, plan: Plan, name: string, probe: Probe): Term {
  const which = name === "readiness probe" ? "ready" : "live";
  return declared(
    plan,
    name,
    probe.every * probe.failures + probe.timeout,
    `${unit.path}.health.${which}`,
    `${probe.failures} × ${formatDuration(probe.every)} + ${formatDuration(probe.timeout)} time-out`,
  );
}

type Room =
  | { readonly kind: "some"; readonly term: Term }
  | { readonly kind: "none"; readonly why: string; readonly advice: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Whether the pods of what is lost find a place on what is left, at the least node count. */
function roomElsewhere(unit: Unit, plan: Plan, lost: "node" | "zone"): Room {
  if (plan.pools.length === 0) {
    const why = "the file names no node pools; the cluster is taken to have room";
    return { kind: "some", term: assumed("room on another node", 0, why) };
  }
  const pool = homeOf(plan, unit.pool, demandOf(unit));
  if (pool?.allocatable) {
    const share = lost === "node" ? 1 : Math.ceil(pool.count.min / Math.max(1, zones(plan).length));
    const left = pool.count.min - share;
    const needed = nodesAtLeast(plan, pool);
    if (needed !== undefined && needed <= left) {
      const how = `${needed} of the ${left} nodes left`;
      return { kind: "some", term: declared(plan, "room on another node", 0, `${pool.path}.count`, how) };
    }
  }
  const provisioning = nodeProvisioning(plan.cloud);
  if (provisioning) return { kind: "some", term: work(cited("a new node", provisioning)) };
  if (!pool?.allocatable) {
    const which = pool ? `how much a ${pool.type} of pool ${pool.name} offers` : `which pool ${unit.name} runs on`;
    return {
      kind: "unknown",
      why: `the file does not say ${which}, so whether the other nodes have room cannot be known`,
    };
  }
  return {
    kind: "none",
    why: `after a lost ${lost} there may be no room for ${unit.name} on the nodes that are left, and nothing here makes new ones`,
    advice: "raise the pool's least node count, so that the pods of what is lost have a place",
  };
}
