import { cite, MB, type Product } from "./product.js";

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
  copies: "provider",
  probe: {
    every: 10_000,
    failures: 3,
    source: "the provider watches its nodes itself; detection is part of the failover time",
  },
};
