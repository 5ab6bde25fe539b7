import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import type { ApiObject } from "../support/cluster/api.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { belongsTo, waitForPods } from "../support/cluster/pods.js";
import { applyAll, renderedObjects } from "../support/cluster/rendered.js";
import {
  type NodeShape,
  poolNodes,
  type SimulatedNodes,
  startSimulatedNodes,
} from "../support/cluster/simulated-nodes.js";
import { startVolumes } from "../support/cluster/volumes.js";
import { describeWith } from "../support/requirements.js";

const ZONES = ["a", "b", "c"];

/** For plans without node pools: the cluster has nodes already, one of them with a GPU. */
const unnamed: readonly NodeShape[] = ZONES.map((zone) => ({
  zone,
  capacity: { cpu: "16", memory: "64Gi", "ephemeral-storage": "200Gi", "nvidia.com/gpu": "1" },
}));

/** Platform files do not declare the disk of a node: here it has room for the weights of every model of a blueprint. */
const DISK = { "ephemeral-storage": "1Ti" };

/** The largest that each pool of a platform is in any of its environments, which share the names of their pools. */
function allPools(plans: Iterable<Plan>): readonly NodeShape[] {
  const pools = new Map<string, readonly NodeShape[]>();
  for (const plan of plans) {
    for (const pool of plan.pools) {
      const nodes = poolNodes({ ...plan, pools: [pool] }, ZONES);
      const name = `${plan.platform} ${pool.name}`;
      if (nodes.length > (pools.get(name)?.length ?? 0)) pools.set(name, nodes);
    }
  }
  return [...pools.values()].flat().map((node) => ({ ...node, capacity: { ...DISK, ...node.capacity } }));
}

/** The classes of volumes that the plans name. */
function storageClasses(plans: readonly Plan[]): readonly string[] {
  const ofStores = plans.flatMap(({ stores }) =>
    stores.map((store) => ("storageClass" in store ? store.storageClass : undefined)),
  );
  const names = [...plans.map(({ cluster }) => cluster.storageClass), ...ofStores].filter((name) => name !== undefined);
  return [...new Set(names)];
}

const StatefulSet = z.looseObject({ kind: z.literal("StatefulSet"), spec: z.looseObject({ replicas: z.number() }) });

/** How many pods of each unit, and of each store that runs in the cluster, must be ready at least. */
function wanted(plan: Plan, objects: readonly ApiObject[]): Record<string, number> {
  const stores = objects.flatMap((object) => {
    const set = StatefulSet.safeParse(object);
    return set.success ? [[object.metadata.name, set.data.spec.replicas] as const] : [];
  });
  return Object.fromEntries([...stores, ...plan.units.map((unit) => [unit.name, unit.replicas.min] as const)]);
}

describeWith(["cluster", "kwok", "schemas"], "the blueprints on nodes of three zones", () => {
  // A design as its document has it need not fit its nodes: `check` reports that.
  const plans = [...blueprintPlans()]
    .filter(([, { environment }]) => environment !== "as-documented")
    // Each has a namespace that can be deleted, unlike `default`.
    .map(([name, plan]): [string, Plan] => [name, { ...plan, namespace: `${plan.platform}-${plan.environment}` }]);
  let plane: ControlPlane;
  let nodes: SimulatedNodes;
  beforeAll(async () => {
    plane = await startControlPlane();
    await startVolumes(plane, storageClasses(plans.map(([, plan]) => plan)));
    nodes = await startSimulatedNodes(plane, [...allPools(plans.map(([, plan]) => plan)), ...unnamed]);
    return () => plane.stop();
  });

  it.each(plans)("%s: every pod is scheduled with its requests and becomes ready", async (_name, plan) => {
    const objects = renderedObjects(plan);
    await applyAll(plane.api, objects);
    const pods = await waitForPods(plane.api, plan.namespace, wanted(plan, objects), 45_000);
    for (const unit of plan.units.filter(({ pool }) => pool !== undefined))
      for (const pod of pods.filter(belongsTo(unit.name)))
        expect(nodes.poolOf(pod.spec.nodeName ?? "")).toBe(unit.pool);
    // The next environment finds the nodes empty.
    await plane.api.delete(`/api/v1/namespaces/${plan.namespace}`);
  });
});
