import { z } from "zod";
import type { Plan } from "../../plan/plan.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import { OWNERSHIP_LABELS } from "../../render/kubernetes/metadata.js";
import type { KubernetesClient } from "../client.js";
import { identity } from "../live-object.js";
import type { LiveState } from "./decide.js";
import { KINDS } from "./order.js";

const Revision = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        volumes: z.array(z.looseObject({ configMap: z.looseObject({ name: z.string() }).optional() })).default([]),
      }),
    }),
  }),
});

/** Reads the objects of one environment: those with its labels, and those with the names of rendered objects. */
export async function readLiveState(
  client: KubernetesClient,
  plan: Plan,
  rendered: readonly Manifest[],
): Promise<LiveState> {
  const owned = ownedLabels(plan);
  const lists = await Promise.all(
    KINDS.map(async (row) => {
      if (row.optional && !(await client.hasKind(row.apiVersion, row.kind))) return [];
      const listed = await client.list(row.apiVersion, row.kind, row.namespaced ? plan.namespace : undefined, owned);
      return listed.items;
    }),
  );
  const objects = new Map(lists.flat().map((object) => [identity(object), object]));
  const unlabelled = rendered.filter((object) => !objects.has(identity(object)));
  for (const object of await inGroups(unlabelled, 8, (reference) => client.get(reference)))
    if (object) objects.set(identity(object), object);
  return { objects: [...objects.values()], configMapsInUse: await configMapsOfRevisions(client, plan) };
}

export function ownedLabels(plan: Plan): Readonly<Record<string, string>> {
  return {
    "app.kubernetes.io/managed-by": "keelson",
    [OWNERSHIP_LABELS.environment]: plan.environment,
    [OWNERSHIP_LABELS.platform]: plan.platform,
  };
}

/** The ConfigMaps of all ReplicaSets: a rollback to an earlier one needs the configuration that its pods mount. */
async function configMapsOfRevisions(client: KubernetesClient, plan: Plan): Promise<ReadonlySet<string>> {
  const { items } = await client.list("apps/v1", "ReplicaSet", plan.namespace, ownedLabels(plan));
  const names = items.flatMap((item) =>
    Revision.parse(item).spec.template.spec.volumes.flatMap((volume) => volume.configMap?.name ?? []),
  );
  return new Set(names);
}

/** A few requests at a time, so that the API server stays responsive to other clients. */
async function inGroups<In, Out>(items: readonly In[], size: number, act: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (let start = 0; start < items.length; start += size)
    results.push(...(await Promise.all(items.slice(start, start + size).map(act))));
  return results;
}
