import { cite, MB, type Product } from "./product.js";

const MEASURED = "measured on two cores with the PostgreSQL that Keelson brings";

/** PostgreSQL as a process of `keelson up`. Nothing takes over: the supervisor starts it again or restores it. */
export const embeddedPostgres: Product = {
  kind: "embedded",
  name: "embedded PostgreSQL",
  failover: undefined,
  provisioning: cite(5_000, `initdb and first start: ${MEASURED} (initdb and start: 3 s under load), 5 s allowed`),
  restoreRate: cite(100 * MB, "sequential copy on a laptop's SSD; far below what one reads"),
  backupRate: cite(100 * MB, "sequential copy on a laptop's SSD; far below what one writes"),
  restart: cite(5_000, `start after kill -9 with crash recovery: ${MEASURED} (under 1 s), 5 s allowed`),
  probe: { every: 1_000, failures: 3, source: "the supervisor's probe of its children" },
};
