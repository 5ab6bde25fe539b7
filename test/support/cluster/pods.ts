import { z } from "zod";
import type { Api } from "./api.js";

export const Pod = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.looseObject({ nodeName: z.string().optional() }),
  status: z.looseObject({
    phase: z.string().optional(),
    conditions: z
      .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .optional(),
    containerStatuses: z.array(z.looseObject({ name: z.string(), state: z.looseObject({}).optional() })).optional(),
  }),
});
export type Pod = z.infer<typeof Pod>;

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

/** One line per pod that is not ready, with the reason that Kubernetes reports. */
export function describePods(pods: readonly Pod[]): string {
  const lines = pods.filter((pod) => !isReady(pod)).map(describePod);
  return lines.length === 0 ? "all pods that exist are ready" : lines.join("\n");
}

function describePod(pod: Pod): string {
  const conditions = (pod.status.conditions ?? []).flatMap(({ status, message }) =>
    status === "True" || message === undefined ? [] : [message],
  );
  const states = (pod.status.containerStatuses ?? []).map(({ name, state }) => `${name}: ${JSON.stringify(state)}`);
  return [pod.metadata.name, pod.status.phase, ...conditions, ...states].join("  ");
}

/** Whether a pod belongs to a unit or a store. */
export function belongsTo(name: string): (pod: Pod) => boolean {
  return (pod) => pod.metadata.labels?.["app.kubernetes.io/name"] === name;
}

/** Waits until `wanted` pods of each unit or store are ready; resolves with all pods. */
export function waitForPods(
  api: Api,
  namespace: string,
  wanted: Readonly<Record<string, number>>,
  limit: number,
): Promise<readonly Pod[]> {
  return api.waitFor(
    `ready pods in ${namespace}`,
    limit,
    `/api/v1/namespaces/${namespace}/pods`,
    Pod,
    (pods) =>
      Object.entries(wanted).every(([name, count]) => pods.filter(belongsTo(name)).filter(isReady).length >= count),
    (pods) => `wanted ${JSON.stringify(wanted)}\n${describePods(pods)}`,
  );
}
