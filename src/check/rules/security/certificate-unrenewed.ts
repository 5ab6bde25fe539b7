import { isDeclared } from "../../../plan/origin.js";
import { defineRule } from "../../rule.js";

/** No one renews the certificate of an entrance. See docs/checks.md, Security. */
export const certificateUnrenewed = defineRule({
  code: "security/certificate-unrenewed",
  severity: "warning",
  summary: "the certificate of an entrance is provided by hand, and nothing watches its expiry",
  help: "An expired certificate makes a platform unavailable to every client at once. Certificates of public authorities are valid for 200 days at most since March 2026, and for shorter times later (CA/Browser Forum, ballot SC-081v3).",
  check({ plan }, report) {
    for (const { name, path, tls, host } of plan.entrances) {
      // With an alert `security/certificate-expiry` counts whether it fires early enough.
      const { alerts } = plan.observe;
      const isWatched = alerts.certificate !== undefined && isDeclared(plan, `${alerts.path}.certificate`);
      if (tls?.issuer !== "none" || isWatched) continue;
      report(`${path}.tls`, {
        why: `the certificate of ${host ?? name} has no issuer: it expires unless someone replaces it in time, and no alert watches its expiry`,
        advice: "have it issued and renewed: `tls: letsencrypt`, or set an alert on its expiry date",
      });
    }
  },
});
