import { z } from "zod";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import { describe, type LiveObject, type ObjectReference } from "../live-object.js";
import type { Refusal } from "./decide.js";
import { inParallel } from "./parallel.js";

const ResourceQuota = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ scopes: z.array(z.string()).default([]), scopeSelector: z.unknown().optional() }).prefault({}),
  status: z
    .looseObject({
      hard: z.record(z.string(), z.string()).default({}),
      used: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
});

/** An object that a deploy creates, with the name of its kind in quotas: `deployments.apps`, `services`. */
export interface NewObject {
  readonly object: ObjectReference;
  readonly resource: string;
}

/**
 * Refuses what would exceed a quota of the number of objects. Each of them passes its dry run, which stores nothing, so the API
 * server would reject one only after others were applied. Without the permission to read quotas it does.
 */
export async function refuseOverQuota(
  client: KubernetesClient,
  namespace: string,
  created: readonly ObjectReference[],
): Promise<readonly Refusal[]> {
  if (created.length === 0) return [];
  const quotas = await client.list("v1", "ResourceQuota", namespace, {}).catch((error: unknown) => {
    if (error instanceof KubernetesError && error.code === "kubernetes/forbidden") return { items: [] };
    throw error;
  });
  if (quotas.items.length === 0) return [];
  const objects = await inParallel(created, async (object) => ({
    object,
    resource: (await client.resourceName(object.apiVersion, object.kind)) ?? "",
  }));
  return quotas.items.flatMap((quota) => overQuota(quota, objects));
}

/** The refusals of one ResourceQuota. Pure. */
export function overQuota(quota: LiveObject, created: readonly NewObject[]): readonly Refusal[] {
  const { metadata, spec, status } = ResourceQuota.parse(quota);
  // Scopes select pods.
  if (spec.scopes.length > 0 || spec.scopeSelector !== undefined) return [];
  return Object.entries(status.hard).flatMap(([name, hard]) => {
    // The number of objects of a core kind has a second, older name.
    const resource = name.startsWith("count/") ? name.slice("count/".length) : name;
    const objects = created.filter((each) => each.resource === resource).map(({ object }) => describe(object));
    const used = status.used[name] ?? "0";
    if (objects.length === 0 || Number(used) + objects.length <= Number(hard)) return [];
    return [
      {
        object: objects.join(", "),
        kind: "rejected" as const,
        reasons: [
          `${objects.length} new objects would exceed the ResourceQuota ${metadata.name}: ${name} is ${hard}, of which ${used} are used`,
        ],
        hint: [
          `raise ${name} in the ResourceQuota ${metadata.name} (kubectl describe resourcequota), or declare fewer components`,
        ],
      },
    ];
  });
}
