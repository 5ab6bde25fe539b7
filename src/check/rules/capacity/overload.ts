import { faultRule } from "../../fault-rule.js";

/** An autoscaled component takes longer than the RTO to scale up. See docs/checks.md, Capacity. */
export const overloadRule = faultRule({
  code: "capacity/overload",
  fault: "overload",
  summary: "an autoscaled component takes longer than the RTO to scale up",
  help: "An autoscaler acts on usage that is some seconds old, adds replicas in steps, and each of them waits for a node, an image and its start. Until then what the minimum does not serve is refused.",
  event: "when its load rises",
  otherwise: "raise the minimum of replicas, or keep a node in reserve",
});
