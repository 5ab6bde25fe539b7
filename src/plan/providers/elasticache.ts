import { cite, DAY, MB, type Product } from "./product.js";

const daily = {
  every: cite(DAY, "ElastiCache takes an automatic backup once a day"),
  keep: cite(35 * DAY, "ElastiCache keeps automatic backups for 35 days at most"),
};

/** Amazon ElastiCache for Redis. */
export const elastiCache: Product = {
  kind: "managed",
  name: "Amazon ElastiCache",
  failover: cite(
    60_000,
    "ElastiCache User Guide, Multi-AZ: a replica is promoted by itself and downtime is minimized; no figure is given, a minute allowed",
  ),
  provisioning: cite(15 * 60_000, "AWS names no bound; 15 minutes allowed for a replication group"),
  restoreRate: cite(50 * MB, "a new group is seeded from an RDB file in S3; 50 MB/s allowed"),
  backupRate: cite(50 * MB, "an RDB file is input to S3; 50 MB/s allowed"),
  restart: cite(120_000, "a failed node is replaced; two minutes allowed until it answers"),
  takes: ["full", "snapshot"],
  limits: { full: daily, snapshot: daily },
  copies: "provider",
  probe: {
    every: 10_000,
    failures: 3,
    source: "ElastiCache watches its nodes itself; detection is part of the failover time",
  },
};
