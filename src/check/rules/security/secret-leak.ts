import { faultRule } from "../../fault-rule.js";

/** The rotation of leaked secrets takes longer than the RTO. See docs/checks.md, Security. */
export const secretLeakRule = faultRule({
  code: "security/secret-leak",
  fault: "secret-leak",
  summary: "the rotation of leaked secrets takes longer than the RTO",
  help: "A leaked secret is valid until it is replaced and revoked. No component rotates secrets by itself, also where `rotate` is declared, so a person replaces each of them and restarts what mounts it.",
  event: "after a leak of its secrets",
  limit: "a person replaces each secret (`except: [secret-leak]` promises nothing for it)",
});
