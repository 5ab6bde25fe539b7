import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import type { LiveObject, ObjectReference } from "../live-object.js";
import type { Step } from "./decide.js";
import { deleteWithoutPods, expandVolumes } from "./expand.js";
import { takeOver } from "./field-owner.js";
import { type FieldPath, valueAt } from "./field-set.js";

/**
 * Field manager that owns the number of replicas between the apply without it and the first write of the autoscaler. Without
 * an owner the field would be removed and default to one.
 */
const HAND_OVER_MANAGER = "keelson-hand-over";

/** Executes one step. */
export async function execute(client: KubernetesClient, step: Step): Promise<void> {
  switch (step.action) {
    case "keep":
      return;
    case "prune":
      await client.delete(step.object);
      return;
    case "apply": {
      const { apiVersion, kind, metadata } = step.object;
      if (step.growth) await expandVolumes(client, step.growth);
      const isRecreated = step.live !== undefined && step.growth?.recreate === true;
      if (step.live && isRecreated) {
        await deleteWithoutPods(client, step.live);
        await client.apply(withReplicasOf(step.object, step.live));
      }
      const handOver = step.handOver ?? (isRecreated ? unrenderedReplicas(step.object, step.live) : undefined);
      if (handOver !== undefined)
        await client.apply(
          {
            apiVersion,
            kind,
            metadata: { name: metadata.name, namespace: metadata.namespace },
            ...replicas(handOver),
          },
          { manager: HAND_OVER_MANAGER },
        );
      if (step.live && step.added.length > 0 && !isRecreated) await takeOverFields(client, step.live, step.added);
      await client.apply(step.object, { force: step.force });
    }
  }
}

const MAX_ATTEMPTS = 10;

/** Tried again with the current object if a controller has written its status meanwhile, as it does during a rollout. */
async function takeOverFields(client: KubernetesClient, read: LiveObject, added: readonly FieldPath[]): Promise<void> {
  let live: LiveObject | undefined = read;
  for (let attempt = 1; live !== undefined; attempt += 1) {
    try {
      return await client.replaceManagedFields(live, takeOver(live, added));
    } catch (error) {
      // The API server rejects a failed `test` of a JSON patch as invalid (422).
      const isStale = error instanceof KubernetesError && (error.status === 409 || error.code === "kubernetes/invalid");
      if (!isStale || attempt === MAX_ATTEMPTS) throw error;
      live = await client.get(read);
    }
  }
}

/** An object without replicas is scaled by an autoscaler: created again, it must not start with one replica. */
function withReplicasOf(object: Manifest, live: LiveObject): ObjectReference {
  const count = unrenderedReplicas(object, live);
  if (object.kind !== "StatefulSet" || count === undefined) return object;
  return { ...object, ...{ spec: { ...object.spec, replicas: count } } };
}

function unrenderedReplicas(object: Manifest, live: LiveObject | undefined): number | undefined {
  const count = valueAt(live, ["f:spec", "f:replicas"]);
  return valueAt(object, ["f:spec", "f:replicas"]) === undefined && typeof count === "number" ? count : undefined;
}

function replicas(count: number) {
  return { spec: { replicas: count } };
}
