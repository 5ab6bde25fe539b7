import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { assumed, bounded } from "../../src/promises/prediction.js";
import { startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod, waitForPods } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { named } from "../../test/support/plan/planned.js";
import { defineCase, measured, simulatedCluster } from "../case.js";

const run = promisify(execFile);

/** Two of the replicas share a node, and a drain may take one of them at a time. */
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 3 } }
services:
  web: { image: shop/web:1.0.0, port: 80, replicas: 4, spread: { nodes: require }, disruption: { minAvailable: 3 } }
observe: { metrics: prometheus }
`;

const NODES = ["node-1", "node-2", "node-3"];
/** Long enough that a drain which did not wait for the replacement would find fewer replicas ready. */
const TIMES = { start: 4_000, stop: 2_000 };
const EVERY_MS = 50;
const DRAIN_LIMIT_MS = 120_000;

type Name = "unavailable" | "held";

/** Drains one node after the other, as an upgrade of the nodes does, and counts the replicas that are ready meanwhile. */
async function measure(plan: Plan): Promise<Record<Name, Outcome>> {
  const plane = await startControlPlane();
  const stopped = new AbortController();
  try {
    const { replicas } = named(plan.units, "web");
    await startSimulatedNodes(plane, poolNodes(plan, ["a"]), "node", TIMES);
    await applyAll(plane.api, renderedObjects(plan));
    await waitForPods(plane.api, plan.namespace, { web: replicas.min }, 60_000);
    let fewest = replicas.min;
    const counted = (async () => {
      for (; !stopped.signal.aborted; await sleep(EVERY_MS)) {
        const pods = await plane.api.list(`/api/v1/namespaces/${plan.namespace}/pods`, Pod);
        const serving = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined);
        fewest = Math.min(fewest, serving.filter(belongsTo("web")).length);
      }
    })();
    // Awaited when every node was drained; until then a rejection must not count as unhandled.
    counted.catch(() => undefined);
    const kubectl = (...args: readonly string[]) =>
      run(join(plane.programs, "kubectl"), ["--kubeconfig", plane.kubeconfig, ...args], { timeout: DRAIN_LIMIT_MS });
    let held = 0;
    for (const node of NODES) {
      const drained = await kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data").then(
        () => true,
        () => false,
      );
      if (!drained) held += 1;
      await kubectl("uncordon", node);
      await waitForPods(plane.api, plan.namespace, { web: replicas.min }, 60_000);
    }
    stopped.abort();
    await counted;
    return { unavailable: measured(replicas.min - fewest), held: measured(held) };
  } finally {
    stopped.abort();
    await plane.stop();
  }
}

export const drain = defineCase<Name>({
  name: "drain",
  title:
    "Kubernetes with simulated nodes: `kubectl drain` of one node after the other, of replicas with a disruption budget",
  platform,
  needs: ["cluster", "kwok", "schemas"],
  runs: 3,
  figures: {
    unavailable: {
      what: "replicas that a drain makes unavailable at once",
      unit: "count",
      predicted: (_sheet, plan) => {
        const { path, replicas, disruption } = named(plan.units, "web");
        const above = replicas.min - (disruption?.minAvailable ?? 0);
        return bounded(plan, path, [assumed("replicas above the budget", above, "the rendered PodDisruptionBudget")]);
      },
    },
    held: {
      what: "drains that the budget blocks",
      unit: "count",
      predicted: (_sheet, plan) =>
        bounded(plan, named(plan.units, "web").path, [
          assumed("none", 0, "a replica is above the budget once it is replaced"),
        ]),
    },
  },
  start: simulatedCluster(measure),
});
