import type { Plan } from "../../plan/plan.js";
import type { ServiceAccount } from "./manifest.js";
import { metadata } from "./metadata.js";

/** An identity of its own with no rights: nothing here calls the cluster's API, so no token is mounted either. */
export function serviceAccount(plan: Plan, element: { readonly name: string }, component: string): ServiceAccount {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata(plan, element, component),
    automountServiceAccountToken: false,
  };
}
