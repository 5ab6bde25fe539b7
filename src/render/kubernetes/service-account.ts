import type { Plan } from "../../plan/plan.js";
import type { ServiceAccount } from "./manifest.js";
import { metadata } from "./metadata.js";

/** A service account without permissions. Nothing calls the Kubernetes API, so no token is mounted. */
export function serviceAccount(plan: Plan, element: { readonly name: string }, component: string): ServiceAccount {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata(plan, element, component),
    automountServiceAccountToken: false,
  };
}
