import { faultRule } from "../../fault-rule.js";

/** The loss of a broker's messages violates the RTO or RPO. See docs/checks.md, Recovery. */
export const brokerLossRule = faultRule({
  code: "recovery/broker-loss",
  fault: "broker-loss",
  summary: "the loss of a broker's messages violates the RTO or RPO",
  help: "Replicas of a queue survive the loss of a server and not of all of them. No provider takes backups of messages: what must not be lost has to be stored before it is published, or be published again.",
  event: "after the loss of its messages",
  otherwise: "keep what must not be lost in a database until it is processed",
});
