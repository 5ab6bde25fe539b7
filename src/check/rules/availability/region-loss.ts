import { faultRule } from "../../fault-rule.js";

/** The loss of the primary region breaks a promise of a platform with a standby region. See docs/checks.md, Availability. */
export const regionLossRule = faultRule({
  code: "availability/region-loss",
  fault: "region-loss",
  summary: "the loss of the primary region violates the RTO or RPO, although a standby region is declared",
  help: "The standby region takes over when health checks have failed, the old address has left the caches of DNS, and its copy of the data is promoted. A cold region is created first. What has no copy there is lost.",
  at: "regions",
  event: "after the loss of its region",
  otherwise: "shorten the health checks and the TTL (`regions.failover`), or run the standby region warm",
});
