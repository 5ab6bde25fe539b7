import { cite, DAY, failoverByProvider, MB, type Product } from "./product.js";

const daily = {
  every: cite(DAY, "ElastiCache takes an automatic backup once a day"),
  keep: cite(35 * DAY, "ElastiCache retains automatic backups for at most 35 days"),
};

/** Amazon ElastiCache for Redis. */
export const elastiCache: Product = {
  kind: "managed",
  name: "Amazon ElastiCache",
  versions: {
    offered: ["4.0", "5.0", "6.0", "6.2", "7.0", "7.1"],
    source: "ElastiCache User Guide, Supported engines and versions: Redis OSS 7.1 and earlier; newer ones are Valkey",
    read: "2026-11-30",
  },
  failover: failoverByProvider(
    cite(
      60_000,
      "ElastiCache User Guide, Minimizing downtime by using Multi-AZ: a replica is promoted automatically; no figure is given, one minute assumed",
      "2026-11-30",
    ),
  ),
  provisioning: cite(15 * 60_000, "AWS documents no maximum; 15 minutes assumed for a replication group"),
  restoreRate: cite(50 * MB, "a new group is seeded from an RDB file in S3; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "an RDB file is written to S3; 50 MB/s assumed"),
  restart: cite(120_000, "a failed node is replaced; two minutes assumed until it accepts connections"),
  takes: ["full", "snapshot"],
  limits: { full: daily, snapshot: daily },
  copies: "provider",
  probe: {
    every: 10_000,
    failures: 3,
    source: "ElastiCache monitors its own nodes; detection is part of the failover time",
  },
};
