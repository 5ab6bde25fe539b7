import { faultRule } from "../../fault-rule.js";

/** The failover to a replica that has fallen behind violates the RTO or RPO. See docs/checks.md, Recovery. */
export const replicaLagRule = faultRule({
  code: "recovery/replica-lag",
  fault: "replica-lag",
  summary: "the failover to a replica that has fallen behind violates the RTO or RPO",
  help: "Asynchronous replication guarantees no lag. A standby that has fallen behind lacks every write since, and the loss of the primary then loses them all. With a second standby the one with the least lag is promoted; with synchronous replication a commit waits.",
  event: "after a failover to a standby that has fallen behind",
  otherwise: "run a second standby (`replicas: 3`), or replicate synchronously",
});
