import type { Plan } from "../../plan/plan.js";

/** The field of a pod (or of a Cluster of CloudNativePG) that names the credentials of private registries. */
export function pullSecrets({ cluster }: Plan): { readonly imagePullSecrets?: { readonly name: string }[] } {
  return cluster.pullSecrets.length === 0 ? {} : { imagePullSecrets: cluster.pullSecrets.map((name) => ({ name })) };
}
