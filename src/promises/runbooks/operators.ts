import { CLOUDNATIVE_PG } from "../facts/operators.js";
import type { Runbook } from "./runbook.js";

/** One of the operators of a subject does not run. */
export function restartOperator(subject: string, operators: readonly string[]): Runbook {
  return {
    id: "restart-operator",
    subject,
    title: `Restart the operators of ${subject}`,
    when: `one of these does not run: ${operators.join(", ")}`,
    steps: [
      { action: "Drain no node and delete no pod of a database until it is back: nothing would be promoted." },
      {
        action:
          "Find its pod, and why it does not start: an image that cannot be pulled, a node that is lost, no capacity.",
        command: `kubectl get pods -A -o wide | grep -E '${CLOUDNATIVE_PG.namespace}|cert-manager|external-dns|prometheus-operator'`,
      },
      { action: "If its Deployment is missing, install it again in the same version. Its custom resources remain." },
      {
        action: "Run two replicas on different nodes, and declare that: `cluster: { operators: 2 }`.",
        command: `kubectl -n ${CLOUDNATIVE_PG.namespace} scale deployment --all --replicas 2`,
      },
    ],
    done: "the operator is ready, and `kubectl get clusters.postgresql.cnpg.io -A` shows every cluster as healthy",
  };
}
