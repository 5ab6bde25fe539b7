import { certificateExpires } from "../alerts.js";
import { defineFault } from "../fault.js";
import { renewCertificate } from "../runbooks/entrances.js";
import { expiredCertificate, hasCertificate } from "../terms/certificate.js";
import { lostRequests } from "../terms/entrance.js";
import { onOneMachine } from "../terms/machine.js";

/**
 * The renewal of a certificate fails and goes on failing. Clients refuse an expired certificate, so the entrance is unavailable to all
 * of them from its expiry until it is replaced: unless a person is notified before, and has time enough.
 */
export const certificateExpiry = defineFault({
  id: "certificate-expiry",
  title: "The certificate of an entrance is not renewed",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          entrance: {
            affects: hasCertificate,
            rto: expiredCertificate,
            rpo: lostRequests,
            alert: certificateExpires,
            runbook: renewCertificate,
          },
          unit: undefined,
          model: undefined,
          volume: undefined,
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          platform: undefined,
        },
  drill: {
    kind: "by hand",
    why: "it needs an entrance with a certificate that may expire: remove the issuer of a staging environment, and wait for the alert",
  },
});
