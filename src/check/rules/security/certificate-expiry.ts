import { faultRule } from "../../fault-rule.js";

/** A certificate that is not renewed violates the RTO of its entrance. See docs/checks.md, Security. */
export const certificateExpiryRule = faultRule({
  code: "security/certificate-expiry",
  fault: "certificate-expiry",
  summary: "a certificate that is not renewed violates the RTO of its entrance",
  help: "Clients refuse an expired certificate, so every service behind the entrance is unavailable until it is replaced. cert-manager tries for weeks to renew one, and a person has to be notified of its failure early enough to replace it.",
  key: "tls",
  event: "after its certificate was not renewed",
  otherwise: "fire the alert earlier: `observe: { alerts: { certificate: 14d } }`",
  edits: (_promise, { plan }) => [{ path: `${plan.observe.alerts.path}.certificate`, value: "14d" }],
});
