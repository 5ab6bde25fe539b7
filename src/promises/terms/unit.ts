import type { Plan, Probe, Unit } from "../../plan/plan.js";
import { formatDuration } from "../../spec/format.js";
import { demandOf, nodesNeeded, poolsOf } from "../capacity.js";
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
import { supervisor } from "../facts/supervisor.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, unbounded, work } from "../prediction.js";

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

/** A child of `keelson up` is started again. */
export function restartedBySupervisor(unit: Unit, plan: Plan): readonly Term[] {
  return [
    assumed("exit noticed", supervisor.notice.value, supervisor.notice.why),
    assumed("restart back-off", supervisor.firstBackoff.value, supervisor.firstBackoff.why),
    start(unit, plan),
  ];
}

/** The node is gone and other replicas serve: how long the lost one is still in the routing tables. */
export function nodeNoticed(plan: Plan): readonly Term[] {
  return [cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)), withdrawal()];
}

/** Every replica was on what is lost; they start again elsewhere. */
export function rescheduled(unit: Unit, plan: Plan, lost: "node" | "zone"): Prediction {
  const room = roomElsewhere(unit, plan, lost);
  if (room.kind === "none") return unbounded(plan, unit.path, room.why, { advice: room.advice });
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

export function start(unit: Unit, plan: Plan): Term {
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

type Room = { readonly kind: "some"; readonly term: Term } | { readonly kind: "none"; readonly why: string; readonly advice: string };

/** Whether the pods of what is lost find a place on what is left, at the least node count. */
function roomElsewhere(unit: Unit, plan: Plan, lost: "node" | "zone"): Room {
  const pools = poolsOf(plan, unit);
  if (pools.length === 0) {
    return { kind: "some", term: assumed("room on another node", 0, "the file names no node pools; the cluster is taken to have room") };
  }
  const pool = pools[0];
  const nodes = pools.reduce((sum, { count }) => sum + count.min, 0);
  const share = lost === "node" ? 1 : Math.ceil(nodes / Math.max(1, zonesOf(plan)));
  const left = nodes - share;
  const known = pools.length === 1 ? pool?.allocatable : undefined;
  if (known && pool) {
    const tenants = plan.units.filter((other) => poolsOf(plan, other).includes(pool));
    const needed = nodesNeeded(
      tenants.map((tenant) => ({ demand: demandOf(tenant), count: tenant.replicas.min })),
      known,
    );
    if (needed !== undefined && needed <= left) {
      return { kind: "some", term: declared(plan, "room on another node", 0, `${pool.path}.count`, `${needed} of ${left} nodes left`) };
    }
  }
  const provisioning = nodeProvisioning(plan.cloud);
  if (provisioning) return { kind: "some", term: work(cited("a new node", provisioning)) };
  return {
    kind: "none",
    why: `after a lost ${lost} the nodes that are left have no room for ${unit.name}, and nothing here makes new nodes`,
    advice: "raise the pool's least node count by one, so that a lost node's pods have a place",
  };
}

function zonesOf(plan: Plan): number {
  return plan.regions.find(({ role }) => role === "primary")?.zones.length ?? 1;
}
