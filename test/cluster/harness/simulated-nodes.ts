import { z } from "zod";
import { ApiObject } from "./api.js";
import { builtPath, type ControlPlane } from "./control-plane.js";
import { freePorts, startProgram, until } from "./process.js";

export interface NodeShape {
  readonly zone: string;
  /** Kubernetes quantities, such as `{ cpu: "8", memory: "32Gi" }`. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** Nodes whose pods run without being run: what the scheduler and the controllers decide is real, containers are not. */
export interface SimulatedNodes {
  /** Names of the nodes of a zone. */
  inZone(zone: string): readonly string[];
  add(nodes: readonly NodeShape[]): Promise<void>;
  /** Takes all nodes of a zone away, as when a zone is gone for good and its machines are deregistered. */
  removeZone(zone: string): Promise<void>;
}

const NodeReady = ApiObject.extend({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
  }),
});

/** Starts kwok on a control plane and waits until all `nodes` are Ready. It stops with the control plane. */
export async function startSimulatedNodes(plane: ControlPlane, nodes: readonly NodeShape[]): Promise<SimulatedNodes> {
  const [port = 0] = await freePorts(1);
  const kwok = startProgram({
    path: builtPath("kwok"),
    args: [
      `--kubeconfig=${plane.kubeconfig}`,
      "--manage-all-nodes=false",
      "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
      "--node-lease-duration-seconds=40",
      `--server-address=127.0.0.1:${port}`,
    ],
    folder: plane.folder,
  });
  plane.beforeStop(() => kwok.stop());
  let made = 0;
  const zoneOf = new Map<string, string>();
  const names = (zone: string) => [...zoneOf].filter(([, of]) => of === zone).map(([name]) => name);

  const add = async (shapes: readonly NodeShape[]) => {
    await Promise.all(
      shapes.map((shape) => {
        made += 1;
        const name = `node-${made}`;
        zoneOf.set(name, shape.zone);
        return plane.api.create("/api/v1/nodes", nodeObject(name, shape));
      }),
    );
    await until(`${shapes.length} nodes are ready`, 20_000, [kwok], async () => {
      const found = await plane.api.list("/api/v1/nodes", NodeReady);
      const ready = found.filter((node) =>
        node.status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
      );
      return ready.length === zoneOf.size;
    });
  };
  await add(nodes);
  return {
    inZone: names,
    add,
    removeZone: async (zone) => {
      const gone = names(zone);
      await Promise.all(gone.map((name) => plane.api.delete(`/api/v1/nodes/${name}`)));
      for (const name of gone) zoneOf.delete(name);
    },
  };
}

function nodeObject(name: string, shape: NodeShape): unknown {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
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
    status: { capacity: { pods: "110", ...shape.capacity }, allocatable: { pods: "110", ...shape.capacity } },
  };
}
