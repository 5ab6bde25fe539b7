import type { KubernetesClient } from "../client.js";
import type { Step } from "./decide.js";

/**
 * Field manager that owns the number of replicas between the apply without it and the first write of the autoscaler. Without
 * an owner the field would be removed and default to one.
 */
const HAND_OVER_MANAGER = "keelson-hand-over";

export interface ExecuteOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Namespace for the dry run of an object whose own namespace does not exist yet. */
  readonly dryRunNamespace: string | undefined;
}

/** Executes one step. A dry run sends server-side dry runs and changes nothing. */
export async function execute(client: KubernetesClient, step: Step, options: ExecuteOptions): Promise<void> {
  const { dryRun, force, dryRunNamespace } = options;
  switch (step.action) {
    case "keep":
      return;
    case "prune":
      if (!dryRun) await client.delete(step.object);
      return;
    case "apply": {
      const { apiVersion, kind, metadata } = step.object;
      if (step.handOver !== undefined && !dryRun)
        await client.apply(
          {
            apiVersion,
            kind,
            metadata: { name: metadata.name, namespace: metadata.namespace },
            ...replicas(step.handOver),
          },
          { manager: HAND_OVER_MANAGER },
        );
      // In another namespace there may be an unrelated object of the same name, which a dry run does not change.
      if (dryRunNamespace !== undefined && metadata.namespace !== undefined)
        await client.apply(
          { ...step.object, metadata: { ...metadata, namespace: dryRunNamespace } },
          { dryRun: true, force: true },
        );
      else await client.apply(step.object, { dryRun, force });
    }
  }
}

function replicas(count: number) {
  return { spec: { replicas: count } };
}
