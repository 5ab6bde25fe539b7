import { faultRule } from "../../fault-rule.js";

/** A node under pressure or a full volume violates the RTO or RPO. See docs/checks.md, Capacity. */
export const nodePressureRule = faultRule({
  code: "capacity/node-pressure",
  fault: "node-pressure",
  summary: "a node under pressure, or a full volume, violates the RTO or RPO",
  help: "The kubelet of a node that runs out of memory or disk kills pods at once, in spite of disruption budgets, and accepts new ones five minutes after the pressure has ended. A full volume stops its server until a person makes it larger: CloudNativePG does not fail it over.",
  event: "after a node or a volume has run out of space",
  otherwise: "run replicas on several nodes, and volumes with room to spare",
});
