import { cite, DAY, failoverByProvider, MB, MINUTE, type Product } from "./product.js";

const keep = cite(35 * DAY, "RDS User Guide, Backup retention period: at most 35 days", "2026-11-30");

/** Amazon RDS for PostgreSQL. */
export const rds: Product = {
  kind: "managed",
  name: "Amazon RDS",
  failover: failoverByProvider(
    cite(
      120_000,
      "RDS User Guide, Failing over a Multi-AZ DB instance: typically 60–120 seconds; large transactions or a lengthy recovery take longer",
      "2026-11-30",
    ),
  ),
  provisioning: cite(20 * 60_000, "AWS documents no maximum; 20 minutes assumed for a DB instance"),
  restoreRate: cite(
    50 * MB,
    "RDS loads the blocks of a restored volume from S3 as they are read (AWS Database Blog on snapshot and restore); 50 MB/s assumed until all blocks are loaded",
  ),
  backupRate: cite(
    100 * MB,
    "RDS snapshots are incremental (AWS Database Blog on snapshot and restore); 100 MB/s assumed",
  ),
  restart: cite(120_000, "a crashed DB instance is restarted by RDS; assumed to take as long as a failover"),
  takes: ["full", "log", "snapshot"],
  limits: {
    full: { every: cite(DAY, "RDS takes an automated backup once a day, in the backup window"), keep },
    log: {
      every: cite(5 * MINUTE, "RDS User Guide: the latest restorable time is typically within five minutes"),
      keep,
    },
  },
  copies: "provider",
  synchronous: "RDS Multi-AZ replicates synchronously",
  probe: { every: 10_000, failures: 3, source: "RDS monitors its own hosts; detection is part of the failover time" },
};
