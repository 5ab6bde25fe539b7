import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan } from "../../plan/plan.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";

/**
 * Whether the namespace of the platform exists.
 *
 * @throws KeelsonError `deploy/namespace-terminating` if it is being deleted: the API server rejects every new object in it.
 */
export async function namespaceExists(client: KubernetesClient, plan: Plan): Promise<boolean> {
  try {
    const live = await client.get({ apiVersion: "v1", kind: "Namespace", metadata: { name: plan.namespace } });
    const since = live?.metadata.deletionTimestamp;
    if (since !== undefined)
      throw new KeelsonError(
        "deploy/namespace-terminating",
        `the namespace ${plan.namespace} is being deleted since ${since}`,
        { hint: `wait until it is deleted; kubectl get namespace ${plan.namespace} -o yaml shows what is left in it` },
      );
    return live !== undefined;
  } catch (error) {
    // Rights for the objects in a namespace need not include its Namespace object.
    if (error instanceof KubernetesError && error.status === 403) return true;
    throw error;
  }
}
