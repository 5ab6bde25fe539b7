import type { KubernetesClient } from "../client.js";
import type { Step } from "./decide.js";

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
      if (step.live && step.managedFields) await client.replaceManagedFields(step.live, step.managedFields);
      await client.apply(step.object, { force: step.force });
    }
  }
}

function replicas(count: number) {
  return { spec: { replicas: count } };
}
