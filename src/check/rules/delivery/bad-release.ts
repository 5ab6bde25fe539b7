import { faultRule } from "../../fault-rule.js";

/** A bad release breaks a promise. See docs/checks.md, Delivery. */
export const badReleaseRule = faultRule({
  code: "delivery/bad-release",
  fault: "bad-release",
  summary: "the rollback of a release that fails requests takes longer than the RTO",
  help: "Probes stop a release that does not become ready. One that becomes ready and then fails requests runs until an operator rolls it back, and the rollback replaces the replicas step by step, as the rollout did.",
  event: "after a bad release",
  otherwise: "replace more replicas at once (`rollout: { surge: 3 }`), or start and pull the image faster",
});
