import type { Store } from "../../../plan/plan.js";
import type { NetworkPolicy } from "../manifest.js";
import { metadata, selector } from "../metadata.js";
import { pods, tcp } from "../network-policy.js";
import type { Scope } from "../scope.js";
import { formName } from "./form-cluster-job.js";

/** The job that forms a sharded cache may call its servers, and nothing else. */
export function formClusterNetworkPolicy(scope: Scope, store: Store): NetworkPolicy | undefined {
  const { plan } = scope;
  if (store.kind !== "redis" || store.shards <= 1 || plan.security.network === "open") return undefined;
  const element = { name: formName(store) };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(plan, element, "form-cluster"),
    spec: {
      podSelector: { matchLabels: selector(plan, element.name) },
      policyTypes: ["Ingress", "Egress"],
      egress: [{ to: [pods(plan, store.name)], ports: [tcp(store.port)] }],
    },
  };
}
