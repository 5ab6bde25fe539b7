import { faultRule } from "../../fault-rule.js";

/** The failover of a database that waits for its operator violates the RTO or RPO. See docs/checks.md, Availability. */
export const operatorLossRule = faultRule({
  code: "availability/operator-loss",
  fault: "operator-loss",
  summary: "a failover that waits for the return of an operator violates the RTO or RPO",
  help: "CloudNativePG is installed with one replica. If its node is lost, Kubernetes evicts it after five minutes, and no standby is promoted until it runs elsewhere. A second replica takes its lease within 15 seconds.",
  event: "while its operator does not run",
  otherwise: "run two replicas of the operator and declare them: `cluster: { operators: 2 }`",
});
