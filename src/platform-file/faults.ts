/** Names of the faults, as used in platform files. */
export const faultNames = [
  "process-crash",
  "node-pressure",
  "node-loss",
  "zone-loss",
  "region-loss",
  "control-plane-loss",
  "operator-loss",
  "cluster-loss",
  "database-loss",
  "cache-loss",
  "broker-loss",
  "provider-outage",
  "bad-release",
  "overload",
  "secret-leak",
  "backup-corruption",
  "volume-loss",
  "bucket-loss",
  "deletion",
  "entrance-loss",
  "certificate-expiry",
  "dns-failover",
  "replica-lag",
] as const;

export type FaultName = (typeof faultNames)[number];
