import { faultRule } from "../../fault-rule.js";

/** DNS leads clients to the standby region too slowly for the RTO of an entrance. See docs/checks.md, Network. */
export const dnsFailoverRule = faultRule({
  code: "network/dns-failover",
  fault: "dns-failover",
  summary: "DNS leads clients to the standby region later than the RTO of an entrance",
  help: "A client keeps the old address until health checks have failed and its TTL has passed. A resolver may give one more stale answer. The standby region is of no use to it before.",
  event: "after the failure of its address",
  otherwise: "check more often and lower the TTL: `regions: { failover: { check: 10s, failures: 3, ttl: 30s } }`",
  edits: (_promise, { plan }) =>
    plan.failover
      ? [
          { path: `${plan.failover.path}.check`, value: "10s" },
          { path: `${plan.failover.path}.failures`, value: 3 },
          { path: `${plan.failover.path}.ttl`, value: "30s" },
        ]
      : [],
});
