import { z } from "zod";
import type { LiveObject } from "../live-object.js";

const Owned = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).default({}),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
      .default([]),
  }),
});

/** The object whose controller manages this one, as `CronJob backup`; undefined if there is none. */
export function controllerOf(object: LiveObject): string | undefined {
  const owner = Owned.parse(object).metadata.ownerReferences.find(({ controller }) => controller);
  return owner && `${owner.kind} ${owner.name}`;
}

/**
 * The workload that owns a pod, as `Deployment api`; undefined for a pod without a controller. The ReplicaSets of a Deployment
 * are named `NAME-HASH`, and their pods have the hash as label `pod-template-hash`.
 */
export function workloadOf(pod: LiveObject): string | undefined {
  const { labels, ownerReferences } = Owned.parse(pod).metadata;
  const owner = ownerReferences.find(({ controller }) => controller);
  if (owner === undefined) return undefined;
  const suffix = `-${labels["pod-template-hash"] ?? ""}`;
  if (owner.kind === "ReplicaSet" && suffix !== "-" && owner.name.endsWith(suffix))
    return `Deployment ${owner.name.slice(0, -suffix.length)}`;
  return `${owner.kind} ${owner.name}`;
}
