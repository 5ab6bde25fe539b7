import { faultRule } from "../../fault-rule.js";

/** The outage of a model's provider violates the RTO. See docs/checks.md, Availability. */
export const providerOutageRule = faultRule({
  code: "availability/provider-outage",
  fault: "provider-outage",
  summary: "the outage of a model's provider violates the RTO",
  help: "A model that one provider serves is unavailable for as long as that provider is, or its quota is spent. A fallback at the same provider does not help. A provider that accepts requests and does not answer is noticed at the model's `timeout`, 10 minutes by default.",
  event: "while its provider does not answer,",
  otherwise: "shorten the `timeout` of the model",
});
