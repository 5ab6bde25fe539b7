import { randomBytes } from "node:crypto";
import type { IPodSpec } from "kubernetes-models/v1";
import type { Plan } from "../../../../src/plan/plan.js";
import { manifests } from "../../../../src/render/kubernetes/index.js";
import type { Manifest } from "../../../../src/render/kubernetes/manifest.js";
import { missingValues } from "../../../../src/render/realise-secret.js";
import { generatedSecrets } from "../../../../src/render/secrets.js";
import { PodNetwork } from "./network.js";
import { type Pod, type PodOptions, startPod } from "./pod.js";

/** A store of a Plan, run from its rendered Kubernetes objects, one pod at a time. */
export interface RenderedStore {
  readonly members: number;
  readonly secret: Readonly<Record<string, string>>;
  /** Starts a member of the StatefulSet with a new address and its existing claims. */
  start(index: number): Promise<Pod>;
  /** The command prefix that runs a client in the network of the pods. */
  enterNetwork(): Promise<readonly string[]>;
  /** Runs the store's job once; returns its exit code and output. */
  job(): Promise<{ readonly code: number | null; readonly log: string }>;
  stop(): Promise<void>;
}

export async function renderStorePods(
  plan: Plan,
  name: string,
  machine: Pick<PodOptions, "path" | "environment">,
): Promise<RenderedStore> {
  const objects = manifests(plan).map(({ object }) => object);
  const secrets = new Map(
    generatedSecrets(plan).map((secret) => [
      secret.name,
      { ...missingValues(secret, {}, (bytes) => randomBytes(bytes).toString("hex")) },
    ]),
  );
  const configMaps = new Map(
    objects.flatMap((object) => (object.kind === "ConfigMap" ? [[object.metadata.name, object.data ?? {}]] : [])),
  );
  const set = objects.find((object): object is Extract<Manifest, { kind: "StatefulSet" }> => {
    return object.kind === "StatefulSet" && object.metadata.name === name;
  });
  const spec = set?.spec?.template.spec;
  const peers = set?.spec?.serviceName;
  if (!spec) throw new Error(`no StatefulSet ${name} was rendered`);
  const network = await PodNetwork.start();
  const pods: Pod[] = [];
  const run = async (podName: string, podSpec: IPodSpec, names: readonly string[]) => {
    const sources = { configMaps, secrets };
    const pod = await startPod({
      ...machine,
      network,
      name: podName,
      namespace: plan.namespace,
      names,
      spec: podSpec,
      sources,
    });
    pods.push(pod);
    return pod;
  };
  return {
    members: set.spec?.replicas ?? 1,
    secret: secrets.get(name) ?? {},
    start: (index) => {
      const pod = `${name}-${index}`;
      return run(pod, spec, [`${pod}.${peers}.${plan.namespace}.svc.cluster.local`, pod]);
    },
    enterNetwork: () => network.enter(),
    job: async () => {
      const job = objects.find((object) => object.kind === "Job");
      if (job?.kind !== "Job" || !job.spec?.template.spec) throw new Error(`no job was rendered for ${name}`);
      const pod = await run(job.metadata.name, job.spec.template.spec, []);
      const limit = setTimeout(() => void pod.stop("SIGKILL"), 90_000);
      const code = await pod.ended;
      clearTimeout(limit);
      return { code, log: await pod.log() };
    },
    stop: async () => {
      await Promise.all(pods.map((pod) => pod.stop("SIGKILL")));
      await network.stop();
    },
  };
}
