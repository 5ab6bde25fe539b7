import type { Store } from "../../../plan/plan.js";
import type { NetworkPolicy } from "../manifest.js";
import { metadata, selector } from "../metadata.js";
import { defaultDeny, pods, tcp } from "../network-policy.js";
import type { Scope } from "../scope.js";

/** Allows a job of a store to connect to the store only. */
export function jobNetworkPolicy(
  scope: Scope,
  store: Store,
  name: string,
  component: string,
): NetworkPolicy | undefined {
  if (!defaultDeny(scope)) return undefined;
  const { plan } = scope;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(plan, { name }, component),
    spec: {
      podSelector: { matchLabels: selector(plan, name) },
      policyTypes: ["Ingress", "Egress"],
      egress: [{ to: [pods(plan, store.name)], ports: [tcp(store.port)] }],
    },
  };
}
