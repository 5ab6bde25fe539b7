import type { KubernetesClient } from "../client.js";
import type { Step } from "./decide.js";

/** Holds the number of replicas from the moment that Keelson lets go of it until the autoscaler first writes it. */
const handOverManager = "keelson-hand-over";

export interface ExecuteOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Where to try an object instead of its own namespace, which does not exist yet. */
  readonly tryIn: string | undefined;
}

/** Carries out one step; a dry run asks the server and changes nothing. */
export async function carryOut(client: KubernetesClient, step: Step, options: ExecuteOptions): Promise<void> {
  const { dryRun, force, tryIn } = options;
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
          { manager: handOverManager },
        );
      // In another namespace there may be an unrelated object of the same name, which a dry run does not change.
      if (tryIn !== undefined && metadata.namespace !== undefined)
        await client.apply(
          { ...step.object, metadata: { ...metadata, namespace: tryIn } },
          { dryRun: true, force: true },
        );
      else await client.apply(step.object, { dryRun, force });
    }
  }
}

function replicas(count: number) {
  return { spec: { replicas: count } };
}
