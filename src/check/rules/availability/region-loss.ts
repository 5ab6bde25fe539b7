import { brokenPromise } from "../../broken-promise.js";
import { defineRule } from "../../rule.js";

/** The loss of the primary region breaks a promise of a platform with a standby region. See docs/checks.md, Availability. */
export const regionLossRule = defineRule({
  code: "availability/region-loss",
  severity: "error",
  summary: "the loss of the primary region violates the RTO or RPO, although a standby region is declared",
  help: "The standby region takes over when health checks have failed, the old address has left the caches of DNS, and its copy of the data is promoted. A cold region is created first. What has no copy there is lost.",
  check(context, report) {
    for (const of of ["rto", "rpo"] as const) {
      for (const promise of context.brokenPromises("region-loss", of)) {
        if (context.isBrokenBySmallerFault(promise)) continue;
        const advice = "shorten the health checks and the TTL (`regions.failover`), or run the standby region warm";
        report(
          "regions",
          brokenPromise(context, promise, { event: "after the loss of its region", otherwise: advice }),
        );
      }
    }
  },
});
