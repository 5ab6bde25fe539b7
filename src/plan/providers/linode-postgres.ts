import { cite, DAY, failoverByProvider, MB, MINUTE, type Product } from "./product.js";

const keep = cite(
  7 * DAY,
  "Linode API, Create or restore a managed database: up to seven daily backups are stored (techdocs.akamai.com/linode-api)",
  "2026-11-30",
);

/** Linode (Akamai) Managed Database for PostgreSQL. */
export const linodePostgres: Product = {
  kind: "managed",
  name: "Linode Managed Database",
  failover: failoverByProvider(
    cite(120_000, "Akamai documents no figure for a three-node cluster; 60–120 seconds assumed, as for RDS"),
  ),
  provisioning: cite(
    30 * 60_000,
    "Linode Terraform provider, database_postgresql_v2: can take up to half an hour to provision",
  ),
  restoreRate: cite(50 * MB, "a restore is a new cluster from the daily backup; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "daily backups by the provider; 50 MB/s assumed"),
  restart: cite(120_000, "a failed node is restarted by the provider; two minutes assumed"),
  takes: ["full", "log"],
  limits: {
    full: {
      every: cite(DAY, "Linode API, Create or restore a managed database: automatic, daily backups", "2026-11-30"),
      keep,
    },
    log: { every: cite(5 * MINUTE, "Akamai documents no maximum; five minutes assumed, as for RDS"), keep },
  },
  copies: "provider",
  assignsPort:
    "Linode API, databases/postgresql/instances: `port` is read-only; those of public examples are between 10033 and 28213",
  probe: {
    every: 10_000,
    failures: 3,
    source: "the provider monitors its own nodes; detection is part of the failover time",
  },
};
