import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { defineOperatorKinds } from "../../test/support/cluster/operators.js";
import { PlatformOnNode } from "../../test/support/cluster/platform.js";
import { belongsTo, describePods, isReady, type Pod } from "../../test/support/cluster/pods.js";
import { type RealCluster, startRealCluster } from "../../test/support/cluster/real-node.js";
import { imagesOf, renderedObjects } from "../../test/support/cluster/rendered.js";
import { startVolumes } from "../../test/support/cluster/volumes.js";
import { platformImage, postgresImage } from "../../test/support/images/images.js";
import { requirement } from "../../test/support/requirements.js";
import { until } from "../../test/support/until.js";
import { type Case, defineCase, type Figure, ofRow } from "../case.js";
import { observe } from "../load.js";
import { startClient } from "../remote-client.js";

const run = promisify(execFile);
const program = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));

/** Two gateways on two nodes; what they call runs on the first node. As small as a test machine needs it. */
const SMALL = "cpu: 50m..1, memory: 64Mi..512Mi";
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
image: ghcr.io/keelson/keelson:0.1.0
services:
  gateway: { modules: [gateway], calls: [accounts, usage, assistant], replicas: 2, spread: { nodes: require }, ${SMALL} }
  accounts: { modules: [accounts], calls: [database], replicas: 1, ${SMALL} }
  usage: { modules: [usage], calls: [accounts, database], replicas: 1, ${SMALL} }
models: { assistant: { source: any, engine: simulated, replicas: 1, ${SMALL} } }
stores: { database: { postgres: "17.11", size: 1Gi, ${SMALL} } }
observe: { metrics: prometheus }
`;

const GATEWAY = "--unit=gateway";
const SECOND_NODE = "/api/v1/nodes/node-2";
const DEPLOY_LIMIT_MS = 400_000;
const LIMIT_MS = 120_000;
const SPREAD_LIMIT_MS = 240_000;

type Inject = (cluster: RealCluster) => Promise<unknown>;

/** The outage of clients of both gateways after a fault of the second one. */
async function measure(plan: Plan, inject: Inject): Promise<Record<"rto", Outcome>> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-gateways-"));
  const cluster = await startRealCluster({ nodes: 2 });
  try {
    const running = await deploy(cluster, plan, folder);
    const headers = {
      authorization: `Bearer ${await running.newKey("calibration")}`,
      "content-type": "application/json",
    };
    const messages = [{ role: "user", content: "hello" }];
    const body = JSON.stringify({ model: "assistant", max_tokens: 1, messages });
    const url = `${await running.address("gateway")}/v1/chat/completions`;
    const client = startClient("http.js", { url, headers, body }, cluster.machine.enterNetwork);
    /** Both gateways are ready, and requests from the first node reach both. */
    const isWhole = async () => {
      const ready = (await running.pods()).filter(belongsTo("gateway")).filter(isReady);
      const rules = await cluster.machine.run(["iptables-save", "--table", "nat"]);
      return ready.length === 2 && ready.every((pod) => rules.includes(`--to-destination ${addressOf(pod)}:`));
    };
    try {
      await until(isWhole, "requests reach both gateways", SPREAD_LIMIT_MS);
      const request = async (signal: AbortSignal) => String(await client.call("post", signal));
      const { outcome } = await observe({ request, inject: () => inject(cluster), limitMs: LIMIT_MS });
      return { rto: outcome };
    } finally {
      await client.stop();
    }
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const Addressed = z.looseObject({ status: z.looseObject({ podIP: z.string() }) });

function addressOf(pod: Pod): string {
  return Addressed.parse(pod).status.podIP;
}

/** To the gateway of the second node. */
async function signal({ second }: RealCluster, name: "KILL" | "STOP"): Promise<void> {
  const count = await second?.machine.kill(GATEWAY, name);
  if (count !== 1) throw new Error(`${count} gateways received ${name}`);
}

/** Deploys the platform with everything but one gateway on the first node. */
async function deploy(cluster: RealCluster, plan: Plan, folder: string): Promise<PlatformOnNode> {
  const { api, kubeconfig } = cluster.plane;
  const postgresql = requirement("postgresql");
  if (!postgresql.ok) throw new Error(postgresql.reason);
  const objects = renderedObjects(plan);
  await startVolumes(cluster.plane);
  await defineOperatorKinds(api, objects);
  for (const reference of imagesOf(objects)) {
    const image = join(folder, reference.replaceAll(/[^\w]+/g, "-"));
    await cluster.importImage(
      await (reference.includes("/keelson")
        ? platformImage(image, reference)
        : postgresImage(image, reference, postgresql.path)),
    );
  }
  const file = join(folder, "platform.yaml");
  await writeFile(file, platform);
  const running = new PlatformOnNode(cluster, plan.namespace);
  await api.merge(SECOND_NODE, { spec: { unschedulable: true } });
  const command = [program, "deploy", file, "--kubeconfig", kubeconfig, "--timeout", "5m", "--json"];
  await run(process.execPath, command, { timeout: DEPLOY_LIMIT_MS }).catch(async (error: unknown) => {
    throw new Error(describePods(await running.pods()), { cause: error });
  });
  // The spread over nodes puts the replacement of one gateway on the other node.
  await api.merge(SECOND_NODE, { spec: { unschedulable: null } });
  const [first] = (await running.pods()).filter(belongsTo("gateway"));
  await api.delete(`/api/v1/namespaces/${plan.namespace}/pods/${first?.metadata.name}`);
  const isSpread = async () => {
    const ready = (await running.pods()).filter(belongsTo("gateway")).filter(isReady);
    return ready.length === 2 && ready.some(({ spec }) => spec.nodeName === "node-2");
  };
  await until(isSpread, "a gateway on each node", SPREAD_LIMIT_MS);
  return running;
}

function gateways(
  { inject, ...own }: Pick<Case, "name" | "title"> & { readonly inject: Inject },
  rto: Pick<Figure, "predicted" | "whyLarge">,
): Case {
  return defineCase<"rto">({
    ...own,
    platform,
    needs: ["kubernetes node", "postgresql", "schemas"],
    runs: 2,
    figures: { rto: { what: "RTO", ...rto } },
    start: async (plan) => ({
      versions: { Kubernetes: "1.37.2", Node: process.versions.node },
      measure: () => measure(plan, inject),
      stop: async () => undefined,
    }),
  });
}

const PROCESS = ofRow("process-crash", "gateway", "rto");
const TWO = "two gateways on two real nodes, behind kube-proxy";

export const clusterGateways: readonly Case[] = [
  gateways(
    { name: "cluster-gateway-crash", title: `${TWO}: kill -9 of one`, inject: (cluster) => signal(cluster, "KILL") },
    {
      predicted: PROCESS,
      whyLarge: "the row covers a hang as well: the kubelet notices an exit at once, and the other gateway serves",
    },
  ),
  gateways(
    {
      name: "cluster-gateway-hang",
      title: `${TWO}: one hangs (SIGSTOP)`,
      inject: (cluster) => signal(cluster, "STOP"),
    },
    { predicted: PROCESS },
  ),
  gateways(
    {
      name: "cluster-gateway-cut-off",
      title: `${TWO}: the node of one loses its network`,
      inject: async ({ second }) => second?.cable.cut(),
    },
    { predicted: ofRow("node-loss", "gateway", "rto") },
  ),
];
