import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Plan } from "../../../src/plan/plan.js";
import { builtPath, type ControlPlane } from "./control-plane.js";
import { type PodTimes, podStages } from "./pod-stages.js";
import { freePorts, startProgram, until } from "./process.js";

export interface NodeShape {
  readonly zone: string;
  /** Kubernetes quantities, such as `{ cpu: "8", memory: "32Gi" }`. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** Simulated nodes: scheduler and controllers are real, containers are not. */
export interface SimulatedNodes {
  /** The zone of an existing node. */
  zoneOf(node: string): string | undefined;
  /** The pool of a node, from its label. */
  poolOf(node: string): string | undefined;
  /** Cordons (or uncordons) all nodes. */
  cordon(forbid: boolean): Promise<void>;
  /**
   * Taints the nodes of a zone, as Kubernetes does when their kubelets stop reporting; `false` allows it again.
   * The taint has its own key: the node controller removes its own taint from nodes that still report.
   */
  unreachable(zone: string, marked: boolean): Promise<void>;
  /** Stops what reports for the nodes, as if all of them had lost their power: their heartbeats end, and nothing stops their pods. */
  powerOff(): Promise<void>;
  /** Deletes all nodes of a zone, as when a zone is lost permanently and its machines are deregistered. */
  removeZone(zone: string): Promise<void>;
}

/** The annotation by which a kwok finds its nodes. */
const GROUP = "kwok.x-k8s.io/node";

const NodeReady = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({ taints: z.array(z.looseObject({ key: z.string() })).optional() }).optional(),
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
  }),
});
/** The taint of a new node, which the node controller removes after the node is Ready. The scheduler does not count its node before. */
const NOT_READY = "node.kubernetes.io/not-ready";

/**
 * Starts kwok on a control plane and waits until all `nodes` are Ready, and the scheduler counts them. It stops with the control plane. Nodes of another `group`
 * are another kwok's. Their pods are ready and gone at once, unless they have `times`.
 */
export async function startSimulatedNodes(
  plane: ControlPlane,
  nodes: readonly NodeShape[],
  group = "node",
  times?: PodTimes,
): Promise<SimulatedNodes> {
  const [port = 0] = await freePorts(1);
  const stages = join(plane.folder, `kwok-${group}.yaml`);
  if (times !== undefined) await writeFile(stages, podStages(times));
  const kwok = startProgram({
    path: builtPath("kwok"),
    args: [
      `--kubeconfig=${plane.kubeconfig}`,
      "--manage-all-nodes=false",
      `--manage-nodes-with-annotation-selector=${GROUP}=${group}`,
      "--node-lease-duration-seconds=40",
      `--server-address=127.0.0.1:${port}`,
      ...(times === undefined ? [] : [`--config=${stages}`]),
    ],
    folder: plane.folder,
    name: `kwok-${group}`,
  });
  plane.beforeStop(() => kwok.stop());
  const zones = new Map<string, string>();
  const pools = new Map<string, string>();
  const names = (zone: string) => [...zones].filter(([, of]) => of === zone).map(([name]) => name);

  await Promise.all(
    nodes.map((shape, index) => {
      const name = `${group}-${index + 1}`;
      zones.set(name, shape.zone);
      const pool = shape.labels?.["keelson.dev/pool"];
      if (pool !== undefined) pools.set(name, pool);
      return plane.api.create("/api/v1/nodes", nodeObject(name, shape, group));
    }),
  );
  await until(`${nodes.length} nodes are ready`, 20_000, [kwok], async () => {
    const found = (await plane.api.list("/api/v1/nodes", NodeReady)).filter(
      ({ metadata }) => metadata.annotations?.[GROUP] === group,
    );
    return found.length === nodes.length && found.every(isReady);
  });
  return {
    zoneOf: (node) => zones.get(node),
    poolOf: (node) => pools.get(node),
    cordon: async (forbid) => {
      const patch = { spec: { unschedulable: forbid } };
      await Promise.all([...zones.keys()].map((name) => plane.api.merge(`/api/v1/nodes/${name}`, patch)));
    },
    unreachable: async (zone, marked) => {
      const taints = marked ? [{ key: "keelson.test/unreachable", effect: "NoSchedule" }] : [];
      await Promise.all(names(zone).map((name) => plane.api.merge(`/api/v1/nodes/${name}`, { spec: { taints } })));
    },
    powerOff: () => kwok.stop(0),
    removeZone: async (zone) => {
      const gone = names(zone);
      await Promise.all(gone.map((name) => plane.api.delete(`/api/v1/nodes/${name}`)));
      for (const name of gone) zones.delete(name);
    },
  };
}

/** The nodes of all pools at their maximum size, distributed over the zones. */
export function poolNodes(plan: Plan, zones: readonly string[]): readonly NodeShape[] {
  return plan.pools.flatMap((pool) =>
    Array.from({ length: pool.count.max }, (_, index) => ({
      zone: zones[index % zones.length] ?? "",
      capacity: {
        cpu: `${pool.allocatable?.cpu ?? 0}m`,
        memory: String(Math.floor(pool.allocatable?.memory ?? 0)),
        "nvidia.com/gpu": String(pool.allocatable?.gpu ?? 0),
      },
      labels: { "keelson.dev/pool": pool.name, ...pool.labels },
    })),
  );
}

function isReady(node: z.infer<typeof NodeReady>): boolean {
  const isTainted = node.spec?.taints?.some(({ key }) => key === NOT_READY) === true;
  return (
    !isTainted && node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true
  );
}

function nodeObject(name: string, shape: NodeShape, group: string): unknown {
  // Neither the platform file nor most tests set the disk of a node.
  const capacity = { "ephemeral-storage": "100Gi", ...shape.capacity };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { [GROUP]: group },
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": "test",
        "topology.kubernetes.io/zone": shape.zone,
        ...shape.labels,
      },
    },
    spec: shape.taints === undefined ? {} : { taints: shape.taints },
    status: { capacity: { pods: "110", ...capacity }, allocatable: { pods: "110", ...capacity } },
  };
}
