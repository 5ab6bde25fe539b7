import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan, Unit } from "../../src/plan/plan.js";
import { unitSurvival } from "../../src/promises/placement/survival.js";
import { assumed, bounded, type Prediction } from "../../src/promises/prediction.js";
import { startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod, waitForPods } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { named } from "../../test/support/plan/planned.js";
import { defineCase, measured, simulatedCluster } from "../case.js";

/** Seven replicas over three zones of two nodes, whose spread over the zones is required. */
const platform = `platform: calibrated
provide: in-cluster
zones: 3
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 6 } }
services:
  web: { image: shop/web:1.0.0, port: 80, replicas: 7, spread: { zones: require }, disruption: { minAvailable: 5 } }
observe: { metrics: prometheus }
`;

const ZONES = ["a", "b", "c"];

type Name = "zone" | "evicted";

async function measure(plan: Plan): Promise<Record<Name, Outcome>> {
  const plane = await startControlPlane();
  try {
    const nodes = await startSimulatedNodes(plane, poolNodes(plan, ZONES));
    await applyAll(plane.api, renderedObjects(plan));
    const unit = web(plan);
    await waitForPods(plane.api, plan.namespace, { web: unit.replicas.min }, 60_000);
    const pods = `/api/v1/namespaces/${plan.namespace}/pods`;
    const placed = (await plane.api.list(pods, Pod)).filter(belongsTo("web")).filter(isReady);
    const ofZone = ZONES.map((zone) => placed.filter((pod) => nodes.zoneOf(pod.spec.nodeName ?? "") === zone).length);
    // A drain of every node at once, while nothing new can be placed.
    await nodes.cordon(true);
    let evicted = 0;
    for (const { metadata } of placed) {
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: metadata.name } };
      if ((await plane.api.call("POST", `${pods}/${metadata.name}/eviction`, eviction)).status === 201) evicted += 1;
    }
    return { zone: measured(Math.max(...ofZone)), evicted: measured(evicted) };
  } finally {
    await plane.stop();
  }
}

function web({ units }: Plan): Unit {
  return named(units, "web");
}

function count(plan: Plan, name: string, value: number): Prediction {
  return bounded(plan, web(plan).path, [assumed(name, value, "the model of placement")]);
}

export const placement = defineCase<Name>({
  name: "placement",
  title:
    "Kubernetes with simulated nodes: replicas over zones whose spread is required, and a drain of every node at once",
  platform,
  needs: ["cluster", "kwok", "schemas"],
  runs: 3,
  short: true,
  figures: {
    zone: {
      what: "replicas lost with the fullest zone",
      unit: "count",
      predicted: (_sheet, plan) => count(plan, "replicas in one zone", unitSurvival(web(plan), plan, "zone").lost),
    },
    evicted: {
      what: "replicas evicted by a drain",
      unit: "count",
      predicted: (_sheet, plan) => {
        const { replicas, disruption } = web(plan);
        return count(plan, "replicas above the budget", replicas.min - (disruption?.minAvailable ?? 0));
      },
    },
  },
  start: simulatedCluster(measure),
});
