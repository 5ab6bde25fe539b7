import { issuerOf } from "../../../plan/entrances/issuer.js";
import { lifetimesFrom, renewalDays } from "../../../plan/entrances/lifetimes.js";
import type { Entrance, Milliseconds } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { certificateNotice } from "../../../promises/alerts.js";
import { sum } from "../../../promises/prediction.js";
import { certificateReplacement } from "../../../promises/terms/certificate.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** The alert on a certificate fires for every one, or too late to replace it. See docs/checks.md, Observability. */
export const certificateAlert = defineRule({
  code: "observability/certificate-alert",
  severity: "warning",
  summary: "the alert on the expiry of a certificate fires before it is renewed, or too late to replace it",
  help: "cert-manager renews a certificate after two thirds of its lifetime. An alert that fires earlier fires for every certificate and is soon ignored; one that fires later than a person needs to respond and replace it reports an outage.",
  check(context, report) {
    const { plan, today } = context;
    if (onOneMachine(plan)) return;
    for (const entrance of plan.entrances) {
      if (entrance.tls === undefined || entrance.host === undefined) continue;
      const notice = certificateNotice(entrance, plan);
      if (notice === undefined) continue;
      const early = today === undefined ? undefined : tooEarly(entrance, notice, today);
      // A promise that a late alert breaks is reported by the rule of the fault, with its terms.
      const isReported = context.brokenPromises("certificate-expiry", "rto", entrance.path).length > 0;
      const found = early ?? (isReported ? undefined : tooLate(entrance, notice));
      if (!found) continue;
      const path = `${plan.observe.alerts.path}.certificate`;
      const { lead, verb, ...finding } = found;
      report(path, {
        ...finding,
        advice: `${verb}: \`alerts: { certificate: ${lead} }\``,
        fix: { edits: [{ path, value: lead }], safe: false },
      });
    }
  },
});

const DAY = 86_400_000;

interface Misplaced {
  readonly why: string;
  readonly severity?: "note";
  /** When it should fire instead, before the expiry, and what changes by that. */
  readonly lead: string;
  readonly verb: string;
}

/** The authority has announced shorter lifetimes, of which cert-manager leaves a shorter time, too. */
function tooEarly(entrance: Entrance, notice: Milliseconds, today: string): Misplaced | undefined {
  if (issuerOf(entrance) !== "letsencrypt") return undefined;
  const lifetime = lifetimesFrom(today).find((each) => notice > renewalDays(each) * DAY);
  if (lifetime === undefined) return undefined;
  const { from, days } = lifetime;
  const isLater = from !== undefined && from > today;
  const window = renewalDays(lifetime);
  return {
    ...(isLater && { severity: "note" as const }),
    why: `the alert fires ${formatDuration(notice)} before a certificate expires, and one that Let's Encrypt signs for ${days} days${from === undefined ? "" : ` (from ${from})`} is renewed ${window} days before it: the alert fires for every certificate`,
    lead: `${window - 1}d`,
    verb: "fire it later than the renewal",
  };
}

function tooLate(entrance: Entrance, notice: Milliseconds): Misplaced | undefined {
  const terms = certificateReplacement({ entrance });
  if (notice >= sum(terms)) return undefined;
  const needed = terms.map(({ name, value }) => `${name} ${formatDuration(value)}`).join(" + ");
  return {
    why: `the alert fires ${formatDuration(notice)} before the certificate of ${entrance.host} expires, and its replacement takes ${formatDuration(sum(terms))} (${needed})`,
    lead: `${Math.ceil(sum(terms) / DAY)}d`,
    verb: "fire it earlier",
  };
}
