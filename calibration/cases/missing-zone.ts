import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { unitGroup } from "../../src/promises/placement/survival.js";
import { type Group, largestShare, placedMembers } from "../../src/promises/placement/worst-placement.js";
import { assumed, bounded, type Prediction } from "../../src/promises/prediction.js";
import { startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, describePods, isReady, Pod } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { named } from "../../test/support/plan/planned.js";
import { until } from "../../test/support/until.js";
import { defineCase, measured, simulatedCluster } from "../case.js";

/**
 * Seven replicas over three zones. Any two zones leave the three replicas that `held` needs after the loss of one, so its spread has
 * a minimum; no three leave `free` its five.
 */
const platform = `platform: calibrated
provide: in-cluster
zones: 3
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 6 } }
services:
  held: { image: shop/web:1.0.0, port: 80, replicas: 7, spread: { zones: require }, disruption: { minAvailable: 3 } }
  free: { image: shop/web:1.0.0, port: 80, replicas: 7, spread: { zones: require }, disruption: { minAvailable: 5 } }
observe: { metrics: prometheus }
`;

const ZONES = ["a", "b", "c"] as const;
const LIMIT_MS = 90_000;

type Zone = (typeof ZONES)[number];
type Name = "placed" | "crowded" | "share" | "waiting";

async function measure(plan: Plan): Promise<Record<Name, Outcome>> {
  const plane = await startControlPlane();
  try {
    const start = (zone: Zone) =>
      startSimulatedNodes(
        plane,
        poolNodes(plan, ZONES).filter((node) => node.zone === zone),
        zone,
      );
    const pods = async (name: string) =>
      (await plane.api.list(`/api/v1/namespaces/${plan.namespace}/pods`, Pod)).filter(belongsTo(name));
    /** Ready pods of a service in each zone whose nodes exist. A node is named after its zone. */
    const inZones = async (name: string, zones: readonly Zone[]): Promise<readonly number[]> => {
      const ready = (await pods(name)).filter(isReady);
      return zones.map((zone) => ready.filter(({ spec }) => spec.nodeName?.startsWith(`${zone}-`)).length);
    };
    const settled = async (name: string) => {
      const all = await pods(name);
      return all.length === named(plan.units, name).replicas.min && all.every((pod) => isReady(pod) || isRefused(pod));
    };

    await start("a");
    await applyAll(plane.api, renderedObjects(plan));
    await until(
      () => settled("held").then((held) => held && settled("free")),
      "every pod is placed or refused",
      LIMIT_MS,
    );
    const [placed = 0] = await inZones("held", ["a"]);
    const [crowded = 0] = await inZones("free", ["a"]);

    const nodes = await start("b");
    await until(async () => sum(await inZones("held", ZONES)) === 7, "the second zone takes the others", LIMIT_MS);
    await start("c");
    const share = Math.max(...(await inZones("held", ZONES)));

    await nodes.removeZone("b");
    const isReplaced = async () => sum(await inZones("held", ["a", "c"])) === 7;
    // The pod garbage collector deletes the pods of a missing node after 40 s.
    await until(isReplaced, "the replicas of the lost zone are replaced", LIMIT_MS).catch(async (error: unknown) => {
      throw new Error(describePods(await pods("held")), { cause: error });
    });
    const waiting = 7 - sum(await inZones("held", ["a", "c"]));
    return { placed: measured(placed), crowded: measured(crowded), share: measured(share), waiting: measured(waiting) };
  } finally {
    await plane.stop();
  }
}

/** The scheduler has tried to place it, and found no node. */
function isRefused({ status }: Pod): boolean {
  return status.conditions?.some((each) => each.type === "PodScheduled" && each.status === "False") === true;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);

/** A count that the model of placement gives for a service on the nodes of the first `zones` zones. */
function modelled(what: string, service: string, zones: number, of: (group: Group) => number) {
  return (_sheet: unknown, plan: Plan): Prediction => {
    const unit = named(plan.units, service);
    const group = unitGroup(unit, plan);
    const byZone = group.nodes.byZone.slice(0, zones);
    const value = of({ ...group, nodes: { ...group.nodes, byZone } });
    return bounded(plan, unit.path, [assumed(what, value, "the model of placement")]);
  };
}

const shareOfZone = (group: Group) => largestShare(group, "zone");

export const missingZone = defineCase<Name>({
  name: "missing-zone",
  title:
    "Kubernetes with simulated nodes: replicas over zones whose spread is required, placed while one zone of three is up, then two",
  platform,
  needs: ["cluster", "kwok", "schemas"],
  runs: 3,
  figures: {
    placed: {
      what: "replicas placed in the only zone, with `minDomains: 2`",
      unit: "count",
      predicted: modelled("replicas that do not wait for another zone", "held", 1, placedMembers),
    },
    crowded: {
      what: "replicas placed in the only zone, without `minDomains`",
      unit: "count",
      predicted: modelled("replicas in one zone", "free", 1, shareOfZone),
    },
    share: {
      what: "replicas in the fullest zone once a second one is up, with `minDomains: 2`",
      unit: "count",
      predicted: modelled("replicas in one zone", "held", 2, shareOfZone),
    },
    waiting: {
      what: "replicas that wait after the loss of one zone of three",
      unit: "count",
      predicted: modelled(
        "replicas that wait for another zone",
        "held",
        2,
        (group) => group.members - placedMembers(group),
      ),
    },
  },
  start: simulatedCluster(measure),
});
