import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import type { LiveObject } from "../live-object.js";
import type { Step } from "./decide.js";
import { takeOver } from "./field-owner.js";
import type { FieldPath } from "./field-set.js";

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
      if (step.handOver !== undefined)
        await client.apply(
          {
            apiVersion,
            kind,
            metadata: { name: metadata.name, namespace: metadata.namespace },
            ...replicas(step.handOver),
          },
          { manager: HAND_OVER_MANAGER },
        );
      if (step.live && step.added.length > 0) await takeOverFields(client, step.live, step.added);
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
      const isStale = error instanceof KubernetesError && (error.status === 409 || error.status === 422);
      if (!isStale || attempt === MAX_ATTEMPTS) throw error;
      live = await client.get(read);
    }
  }
}

function replicas(count: number) {
  return { spec: { replicas: count } };
}
