import { formatDuration } from "../../../platform-file/format.js";
import { WITH_HEALTH_CHECKS } from "../../../promises/facts/dns.js";
import { defineRule } from "../../rule.js";

/** The declared health checks of DNS are none that its service offers. See docs/checks.md, Network. */
export const healthCheckLimits = defineRule({
  code: "network/health-check-limits",
  severity: "error",
  summary: "the DNS service of an entrance does not offer the declared health checks",
  help: "Route 53 checks every 10 or 30 seconds, with a failure threshold of 1 to 10, and refuses other values. The promise counts on the declared ones.",
  check({ plan }, report) {
    const { failover } = plan;
    const { dns, intervals, maxFailures, source } = WITH_HEALTH_CHECKS;
    if (!failover || !plan.entrances.some((each) => each.dns === dns && each.host !== undefined)) return;
    const { path, check, failures } = failover;
    if (!intervals.some((each) => each === check)) {
      const nearest = intervals.find((each) => each >= check) ?? Math.max(...intervals);
      report(`${path}.check`, {
        why: `a health check every ${formatDuration(check)} is declared, and ${source}`,
        advice: `declare ${intervals.map((each) => `\`check: ${formatDuration(each)}\``).join(" or ")}`,
        fix: { edits: [{ path: `${path}.check`, value: formatDuration(nearest) }], safe: false },
      });
    }
    if (failures > maxFailures) {
      report(`${path}.failures`, {
        why: `${failures} failed health checks are declared, and ${source}`,
        advice: `declare \`failures: ${maxFailures}\` or less`,
        fix: { edits: [{ path: `${path}.failures`, value: maxFailures }], safe: false },
      });
    }
  },
});
