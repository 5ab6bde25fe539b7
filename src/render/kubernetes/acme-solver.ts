import { issuerOf } from "../../plan/entrances/issuer.js";
import type { Entrance } from "../../plan/plan.js";
import type { NetworkPolicy } from "./manifest.js";
import { labels } from "./metadata.js";
import { defaultDeny, inNamespace, tcp } from "./network-policy.js";
import type { Scope } from "./scope.js";

/** The port of cert-manager's solver pods (cert-manager, pkg/issuer/acme/http). */
const SOLVER_PORT = 8089;

/**
 * Allows the controller to reach the pod that answers a HTTP-01 challenge. cert-manager creates it in this namespace, where
 * everything else is denied.
 */
export function acmeSolverPolicy(scope: Scope, entrance: Entrance): NetworkPolicy | undefined {
  const { namespace } = entrance;
  if (namespace === undefined || issuerOf(entrance) === undefined || !defaultDeny(scope)) return undefined;
  const name = `${entrance.name}-acme-solver`;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: scope.plan.namespace, labels: labels(scope.plan, entrance, "entrance") },
    spec: {
      podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [inNamespace(namespace)], ports: [tcp(SOLVER_PORT)] }],
    },
  };
}
