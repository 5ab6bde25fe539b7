import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { Plan } from "../src/plan/plan.js";
import { missingValues } from "../src/render/realise-secret.js";
import { generatedSecrets } from "../src/render/secrets.js";
import { startCloudNativePg } from "../test/support/cluster/cloudnative-pg.js";
import { defineOperatorKinds } from "../test/support/cluster/operators.js";
import { type RealCluster, startRealCluster } from "../test/support/cluster/real-node.js";
import { renderedObjects } from "../test/support/cluster/rendered.js";
import { startVolumes } from "../test/support/cluster/volumes.js";
import { operandImage } from "../test/support/images/images.js";
import { type Requirement, requirement } from "../test/support/requirements.js";

const run = promisify(execFile);

/** A database of a plan under the real operator, on a real node. */
export interface OperatedDatabase {
  readonly cluster: RealCluster;
  readonly versions: Readonly<Record<string, string>>;
  /** How to connect to the current primary, from the network of the node. */
  readonly connection: { readonly host: string; readonly port: number; readonly [key: string]: unknown };
  /** The pods of the current primary and of its standbys. */
  members(): Promise<{ readonly primary: string; readonly standbys: readonly string[] }>;
  /** Sends a signal to every process of PostgreSQL in a pod; the operator's instance manager in it runs on. */
  signal(pod: string, signal: "KILL" | "STOP"): Promise<void>;
  /** What the runbook does with a server that hangs: its pod is deleted with force. */
  killPod(pod: string): Promise<void>;
  /** Whether every instance is ready and the cluster is in a healthy state. */
  isHealthy(): Promise<boolean>;
  stop(): Promise<void>;
}

const Cluster = z.looseObject({
  spec: z.looseObject({ instances: z.number(), imageName: z.string() }),
  status: z
    .looseObject({
      readyInstances: z.number().optional(),
      currentPrimary: z.string().optional(),
      targetPrimary: z.string().optional(),
      instanceNames: z.array(z.string()).optional(),
      phase: z.string().optional(),
    })
    .optional(),
});
const Service = z.looseObject({ spec: z.looseObject({ clusterIP: z.string() }) });

const HEALTHY = "Cluster in healthy state";
/** The first start makes a volume and a database for every instance, one after the other. */
const START_LIMIT_MS = 300_000;

/** Renders the database `name` of a plan, and starts it under the operator. */
export async function startOperatedDatabase(plan: Plan, name: string): Promise<OperatedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-calibration-"));
  const cluster = await startRealCluster();
  const stop = async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { api } = cluster.plane;
    await startVolumes(cluster.plane);
    const version = await startCloudNativePg(cluster, pathOf("cloudnative-pg"));
    const objects = renderedObjects(plan);
    await defineOperatorKinds(api, objects);
    const own = objects.filter(
      ({ kind, metadata }) => kind === "Namespace" || (metadata.name === name && kind !== "NetworkPolicy"),
    );
    const path = `/apis/postgresql.cnpg.io/v1/namespaces/${plan.namespace}/clusters`;
    const image = Cluster.parse(own.find(({ kind }) => kind === "Cluster")).spec.imageName;
    await cluster.importImage(await operandImage(join(folder, "operand"), image, pathOf("postgresql")));
    for (const object of own.filter(({ kind }) => kind === "Namespace")) await api.apply(object);
    const secret = generatedSecrets(plan).find((each) => each.name === name);
    if (!secret) throw new Error(`no secret of ${name} is rendered`);
    const values = missingValues(secret, {}, (bytes) => randomBytes(bytes).toString("hex"));
    await api.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: plan.namespace },
      stringData: values,
    });
    for (const object of own.filter(({ kind }) => kind !== "Namespace")) await api.apply(object);
    const state = () => api.get(`${path}/${name}`, Cluster);
    await api.waitFor(
      `${name} is healthy`,
      START_LIMIT_MS,
      path,
      Cluster,
      ([only]) => only?.status?.phase === HEALTHY && only.status.readyInstances === only.spec.instances,
      (found) => JSON.stringify(found[0]?.status),
    );
    const service = await api.get(`/api/v1/namespaces/${plan.namespace}/services/${name}`, Service);
    const server = (await run(pathOf("postgresql"), ["--version"])).stdout.trim();
    return {
      cluster,
      versions: { CloudNativePG: version, PostgreSQL: server.replace(/^\D+/, "") },
      connection: {
        host: service.spec.clusterIP,
        port: 5432,
        user: "keelson",
        database: "keelson",
        password: values["password"],
      },
      members: async () => {
        const { status } = await state();
        const primary = status?.currentPrimary ?? "";
        return { primary, standbys: (status?.instanceNames ?? []).filter((pod) => pod !== primary) };
      },
      signal: async (pod, signal) => {
        const script = `for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = postgres ] && kill -${signal} "\${p#/proc/}"; done; true`;
        const where = ["--kubeconfig", cluster.plane.kubeconfig, "--namespace", plan.namespace];
        const inPod = ["exec", pod, "--container", "postgres", "--", "bash", "-c", script];
        // The container ends with its server, and this command with it.
        const ended = (error: unknown) => {
          if (signal !== "KILL") throw error;
        };
        await run(join(cluster.plane.programs, "kubectl"), [...where, ...inPod], { timeout: 20_000 }).catch(ended);
      },
      killPod: async (pod) => {
        await api.delete(`/api/v1/namespaces/${plan.namespace}/pods/${pod}?gracePeriodSeconds=0`);
      },
      isHealthy: async () => {
        const { spec, status } = await state();
        return status?.phase === HEALTHY && status.readyInstances === spec.instances;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pathOf(name: Requirement): string {
  const answer = requirement(name);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.path;
}
