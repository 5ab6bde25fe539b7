import { faultRule } from "../../fault-rule.js";

/** The loss of the cluster violates the RTO or RPO. See docs/checks.md, Availability. */
export const clusterLossRule = faultRule({
  code: "availability/cluster-loss",
  fault: "cluster-loss",
  summary: "the loss of the cluster violates the RTO or RPO",
  help: "A cluster that is lost is built again from the platform file. What was on its volumes comes back only from a backup outside it; caches and brokers start empty.",
  event: "after the loss of its cluster",
  limit: "a person builds the cluster again (`except: [cluster-loss]` promises nothing for it)",
});
