import { cite, DAY, MB, MINUTE, type Product } from "./product.js";

const keep = cite(7 * DAY, "Akamai keeps the backups of the last seven days");

/** Linode (Akamai) Managed Database for PostgreSQL. */
export const linodePostgres: Product = {
  kind: "managed",
  name: "Linode Managed Database",
  failover: cite(
    120_000,
    "Akamai publishes no figure for a three-node cluster; allowed as long as RDS's 60–120 seconds",
  ),
  provisioning: cite(
    30 * 60_000,
    "Linode Terraform provider, database_postgresql_v2: can take up to half an hour to provision",
  ),
  restoreRate: cite(50 * MB, "a restore is a new cluster from the daily backup; 50 MB/s allowed"),
  backupRate: cite(50 * MB, "daily backups by the provider; 50 MB/s allowed"),
  restart: cite(120_000, "a failed node is restarted by the provider; two minutes allowed"),
  takes: ["full", "log"],
  limits: {
    full: { every: cite(DAY, "Akamai backs a managed database up once a day"), keep },
    log: { every: cite(5 * MINUTE, "Akamai names no bound; allowed as long as RDS's five minutes"), keep },
  },
  copies: "provider",
  probe: {
    every: 10_000,
    failures: 3,
    source: "the provider watches its nodes itself; detection is part of the failover time",
  },
};
