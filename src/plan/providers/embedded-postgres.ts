import { cite, MB, type Product } from "./product.js";

const MEASURED = "measured on two cores with the PostgreSQL that Keelson brings";

/** PostgreSQL as a process of `keelson up`. Nothing takes over: the supervisor starts it again or restores it. */
export const embeddedPostgres: Product = {
  kind: "embedded",
  name: "embedded PostgreSQL",
  failover: undefined,
  provisioning: cite(5_000, `initdb and first start: ${MEASURED} (initdb and start: 3 s under load), 5 s allowed`),
  restoreRate: cite(50 * MB, `unpacked from age and gzip: ${MEASURED} (66 to 92 MB/s of one core), 50 MB/s allowed`),
  backupRate: cite(20 * MB, `packed by gzip and age: ${MEASURED} (26 to 54 MB/s of one core), 20 MB/s allowed`),
  restart: cite(5_000, `start after kill -9 with crash recovery: ${MEASURED} (under 1 s), 5 s allowed`),
  takes: ["full", "log"],
  copies: "folder",
  probe: { every: 1_000, failures: 3, source: "the supervisor's probe of its children" },
};
