import { randomBytes } from "node:crypto";
import { KubernetesClient } from "../../../src/kubernetes/client.js";
import { type DeployOptions, type DeployResult, deploy } from "../../../src/kubernetes/deploy/index.js";
import { connectionFrom } from "../../../src/kubernetes/kubeconfig.js";
import type { ObjectReference } from "../../../src/kubernetes/live-object.js";
import type { Plan } from "../../../src/plan/plan.js";
import { edge, samplePlan, unit } from "../render/sample-plan.js";
import { type ControlPlane, startControlPlane } from "./control-plane.js";
import { startSimulatedNodes } from "./simulated-nodes.js";

export interface DeployCluster {
  readonly plane: ControlPlane;
  /** The program's client, as administrator. */
  readonly client: KubernetesClient;
  stop(): Promise<void>;
}

/** A control plane with a simulated node in each of three zones, large enough for every platform of the tests. */
export async function startDeployCluster(): Promise<DeployCluster> {
  const plane = await startControlPlane();
  await startSimulatedNodes(
    plane,
    ["a", "b", "c"].map((zone) => ({ zone, capacity: { cpu: "16", memory: "64Gi", pods: "110" } })),
  );
  const client = new KubernetesClient(await connectionFrom({ kubeconfig: plane.kubeconfig, environment: {} }));
  const stop = async () => {
    await client.close();
    await plane.stop();
  };
  return { plane, client, stop };
}

/** A platform without stores: two units, one calling the other. */
export function twoUnits(namespace: string, fields: Partial<Plan> = {}): Plan {
  return samplePlan({
    namespace,
    environment: namespace,
    units: [unit("gateway"), unit("accounts")],
    models: [],
    stores: [],
    edges: [edge("gateway", "accounts", 8080)],
    ...fields,
  });
}

/** Deploys, and adds a line to `reported` for each step, warning and change of a rollout. */
export function deployInto(
  client: KubernetesClient,
  plan: Plan,
  reported: string[],
  options: Partial<DeployOptions> = {},
): Promise<DeployResult> {
  return deploy(client, plan, {
    dryRun: false,
    force: false,
    timeoutMs: 30_000,
    holder: `tests-${randomBytes(4).toString("hex")}`,
    signal: new AbortController().signal,
    random: (bytes) => randomBytes(bytes).toString("base64url"),
    report: {
      waiting: (message) => reported.push(message),
      validated: () => undefined,
      warning: (message) => reported.push(message),
      secret: ({ action, name }) => reported.push(`${action} secret ${name}`),
      step: ({ action, object, reason }) =>
        reported.push(`${action} ${object.kind} ${object.metadata.name}: ${reason}`),
      rollout: ({ name, state, why }, reasons) => reported.push([name, state, why, ...reasons].join(" ")),
    },
    ...options,
  });
}

export function named(namespace: string, apiVersion: string, kind: string, name: string): ObjectReference {
  return { apiVersion, kind, metadata: { namespace, name } };
}

/** The applied objects of a deploy with their reasons. */
export function applied(result: DeployResult): readonly string[] {
  return result.steps.filter(({ action }) => action === "apply").map(({ object, reason }) => `${object}: ${reason}`);
}

export function pruned(result: DeployResult): readonly string[] {
  return result.steps.filter(({ action }) => action === "prune").map(({ object }) => object);
}
