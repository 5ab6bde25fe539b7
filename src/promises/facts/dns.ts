import type { Cited } from "../../plan/plan.js";

/** One more answer from a cache after the TTL: a resolver that cannot refresh it in time gives the old one, to be kept this long. */
export const staleAnswer: Cited = {
  value: 30_000,
  source:
    "a resolver may answer with expired data if a refresh takes more than 1.8 s (RFC 8767, section 5), with a TTL of 30 s (section 4)",
  read: "2026-11-30",
};

/** Of the DNS services that the file can name, the one that has health checks and fails over by itself. */
export const WITH_HEALTH_CHECKS = {
  dns: "route53",
  /** The intervals between checks that it offers, in milliseconds. */
  intervals: [10_000, 30_000],
  maxFailures: 10,
  source:
    "Route 53 checks an endpoint every 10 or 30 seconds, up to a failure threshold (docs.aws.amazon.com/Route53: How Amazon Route 53 determines whether a health check is healthy), which is between 1 and 10 (API reference, HealthCheckConfig)",
  read: "2026-11-30",
} as const;

/** How long one check waits for an address that does not answer; the interval to the next one begins after it. */
export const checkTimeout: Cited = {
  value: 6_000,
  source:
    "Route 53: 4 s for the connection and 2 s for the status (docs.aws.amazon.com/Route53: How Amazon Route 53 determines whether a health check is healthy), and the interval begins with the response (API reference, HealthCheckConfig: RequestInterval)",
  read: "2026-11-30",
};

/** ExternalDNS looks for new addresses at this interval. */
export const recordInterval: Cited = {
  value: 60_000,
  source: "ExternalDNS: --interval, default 1m (kubernetes-sigs/external-dns, docs/flags.md)",
  read: "2026-11-30",
};

/** The TTL of a record that ExternalDNS writes without one. */
export const recordTtl = {
  value: 5 * 60_000,
  why: "ExternalDNS writes 300 s in Route 53 and most other services (kubernetes-sigs/external-dns, docs/advanced/ttl.md, read 2026-11-30); Linode's own default is 24 hours",
};

/** A record that no component of the file sets. */
export const recordByHand = {
  value: 5 * 60_000,
  why: "a person sets the address of the new entrance in the DNS: 5 min assumed",
};
