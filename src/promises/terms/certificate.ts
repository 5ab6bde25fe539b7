import { issuerOf } from "../../plan/entrances/issuer.js";
import type { Plan } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { certificateNotice } from "../alerts.js";
import { alertNotice } from "../facts/alerting.js";
import { issuanceLimit, renewalRepaired, replacedByHand } from "../facts/entrances.js";
import { unpagedResponse } from "../facts/people.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, sum, unknown } from "../prediction.js";
import type { EntranceSubject } from "../subjects.js";

/** A certificate names a host. */
export function hasCertificate({ entrance: { tls, host } }: EntranceSubject): boolean {
  return tls !== undefined && host !== undefined;
}

/**
 * How long an entrance is unavailable because its certificate has expired. The alert fires a notice before the expiry: what a person
 * needs beyond it is the outage. cert-manager's own retries, with pauses of up to 32 hours, have failed by then.
 */
export function expiredCertificate(subject: EntranceSubject, plan: Plan): Prediction {
  const { entrance, path } = subject;
  const notice = certificateNotice(entrance, plan);
  if (notice === undefined) {
    const byHand = issuerOf(entrance) === undefined;
    const why = byHand
      ? "its certificate is provided by hand, and the file declares no alert on its expiry"
      : "no metrics are stored, so no one is notified that its certificate is not renewed";
    return unknown(plan, byHand ? `${path}.tls` : "observe.metrics", why, {
      advice: byHand
        ? "have it issued and renewed (`tls: letsencrypt`), or probe its expiry from outside and declare that: `observe: { alerts: { certificate: 14d } }`"
        : "store metrics: `observe: { metrics: prometheus }`",
    });
  }
  const replaced = certificateReplacement(subject);
  const late = Math.max(0, sum(replaced) - notice);
  const how = `${formatDuration(sum(replaced))} (${replaced.map(({ name }) => name).join(", ")})`;
  const { path: alerts } = plan.observe.alerts;
  return bounded(plan, path, [
    late === 0
      ? declared(
          plan,
          "replaced before it expires",
          0,
          `${alerts}.certificate`,
          `notice of ${formatDuration(notice)}, ${how}`,
        )
      : declared(
          plan,
          "expired until it is replaced",
          late,
          `${alerts}.certificate`,
          `${how}, less the notice of ${formatDuration(notice)}`,
        ),
  ]);
}

/** From the moment that the alert's condition holds until a valid certificate is served. A warning pages no one. */
export function certificateReplacement({ entrance }: Pick<EntranceSubject, "entrance">): readonly Term[] {
  const notified = [cited("alert evaluated and sent", alertNotice), cited("response to a warning", unpagedResponse)];
  return issuerOf(entrance) === undefined
    ? [...notified, assumed("certificate ordered and set", replacedByHand.value, replacedByHand.why)]
    : [
        ...notified,
        assumed("renewal repaired", renewalRepaired.value, renewalRepaired.why),
        cited("limit of the certificate authority", issuanceLimit),
      ];
}
