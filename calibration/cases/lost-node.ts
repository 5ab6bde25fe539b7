import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { type ControlPlane, startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod, waitForPods } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { startVolumes } from "../../test/support/cluster/volumes.js";
import { defineCase, measured, ofRow, simulatedCluster } from "../case.js";

/** Four nodes; `several` has a replica on each, `single` and `keeper` are put on the node that fails. */
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37", volumes: zonal }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 4 } }
services:
  several: { image: shop/web:1.0.0, port: 80, replicas: 4, spread: { nodes: require } }
  single: { image: shop/web:1.0.0, port: 80, replicas: 1 }
  keeper: { image: shop/web:1.0.0, port: 80, replicas: 1, volumes: { data: { mount: /data, size: 1Gi, persistent: true } } }
observe: { metrics: prometheus }
`;

const NODES = 4;
/** Grace period and toleration take six minutes. */
const LIMIT_MS = 480_000;
/** How long a replica of the StatefulSet is observed after the others were evicted, before its node is released. */
const UNRELEASED_MS = 20_000;

type Name = "withdrawn" | "unready" | "replaced" | "stayed" | "released";

const Endpoints = z.looseObject({
  endpoints: z
    .array(
      z.looseObject({
        nodeName: z.string().optional(),
        conditions: z.looseObject({ ready: z.boolean().optional() }).optional(),
      }),
    )
    .nullish(),
});
const NodeReady = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })) }),
});

async function measure(plan: Plan): Promise<Record<Name, Outcome>> {
  const plane = await startControlPlane();
  try {
    await startVolumes(plane);
    const shapes = poolNodes(plan, ["a"]);
    const lost = await startSimulatedNodes(plane, shapes.slice(0, 1), "lost");
    const objects = renderedObjects(plan);
    const isSeveral = ({ kind, metadata }: (typeof objects)[number]) =>
      kind === "Deployment" && metadata.name === "several";
    await applyAll(
      plane.api,
      objects.filter((object) => !isSeveral(object)),
    );
    await waitForPods(plane.api, plan.namespace, { single: 1, keeper: 1 }, 60_000);
    await startSimulatedNodes(plane, shapes.slice(1), "kept");
    await applyAll(plane.api, objects.filter(isSeveral));
    await waitForPods(plane.api, plan.namespace, { several: NODES }, 60_000);
    await lost.powerOff();
    return await observeLoss(plane, plan);
  } finally {
    await plane.stop();
  }
}

/** Follows what the controllers do after the node's last heartbeat. */
async function observeLoss(plane: ControlPlane, plan: Plan): Promise<Record<Name, Outcome>> {
  const off = performance.now();
  const elapsed = () => performance.now() - off;
  const namespace = `/api/v1/namespaces/${plan.namespace}`;
  const pods = () => plane.api.list(`${namespace}/pods`, Pod);
  const after = async (condition: () => Promise<boolean>, since = 0, limit = LIMIT_MS): Promise<Outcome> => {
    for (; elapsed() < limit; await sleep(100)) if (await condition()) return measured(elapsed() - since);
    return { kind: "never-recovered", afterMs: Math.round(elapsed() - since) };
  };
  /** A replica that runs on a node with power. */
  const runs = async (name: string) =>
    (await pods()).filter(belongsTo(name)).some((pod) => isReady(pod) && pod.spec.nodeName?.startsWith("kept"));

  const unready = after(async () => {
    const nodes = await plane.api.list("/api/v1/nodes", NodeReady);
    const node = nodes.find(({ metadata }) => metadata.name.startsWith("lost"));
    return node?.status.conditions.some(({ type, status }) => type === "Ready" && status !== "True") ?? false;
  });
  const withdrawn = after(async () => {
    const selector = "labelSelector=kubernetes.io/service-name=several";
    const path = `/apis/discovery.k8s.io/v1/namespaces/${plan.namespace}/endpointslices?${selector}`;
    const slices = await plane.api.list(path, Endpoints);
    const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready);
    return ready.length === NODES - 1 && ready.every(({ nodeName }) => nodeName?.startsWith("kept"));
  });
  const replaced = await after(() => runs("single"));
  const until = elapsed() + UNRELEASED_MS;
  const moved = await after(() => runs("keeper"), 0, until);
  const released = elapsed();
  // What the runbook does: the taint deletes the pods of the node and detaches their volumes.
  await plane.api.merge("/api/v1/nodes/lost-1", {
    spec: { taints: [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }] },
  });
  return {
    unready: await unready,
    withdrawn: await withdrawn,
    replaced,
    stayed: measured(moved.kind === "measured" ? 1 : 0),
    released: await after(() => runs("keeper"), released),
  };
}

const REPLACED = [
  "node marked unready",
  "eviction of its pods",
  "capacity on another node",
  "pod scheduled",
  "endpoints updated",
];

export const lostNode = defineCase<Name>({
  name: "lost-node",
  title: "Kubernetes with simulated nodes: a node loses its power, and its Node object stays",
  platform,
  needs: ["cluster", "kwok", "schemas"],
  runs: 2,
  figures: {
    unready: { what: "node marked unready", predicted: ofRow("node-loss", "several", "rto", ["node marked unready"]) },
    withdrawn: { what: "RTO of a Deployment with other replicas", predicted: ofRow("node-loss", "several", "rto") },
    replaced: {
      what: "RTO of a single replica, without pull and start",
      predicted: ofRow("node-loss", "single", "rto", REPLACED),
    },
    stayed: {
      what: "replicas of a StatefulSet that move before the node is released",
      unit: "count",
      predicted: (sheet, plan) => {
        const row = ofRow("node-loss", "keeper", "rto", ["pod released from the lost node by hand"])(sheet, plan);
        return row.kind === "bounded" ? { ...row, total: row.terms.length - 1 } : row;
      },
    },
    released: {
      what: "RTO of a StatefulSet from the release of its node, without pull and start",
      predicted: ofRow("node-loss", "keeper", "rto", ["pod scheduled", "volume attached", "endpoints updated"]),
      whyLarge: "a minute is assumed for a volume that a cloud attaches; the simulated node has its volume at once",
    },
  },
  start: simulatedCluster(measure),
});
