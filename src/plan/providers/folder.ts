import { cite, MB, type Product } from "./product.js";

/** A folder of this machine: the substitute for a bucket on one machine. */
export const folder: Product = {
  kind: "embedded",
  name: "folder",
  failover: undefined,
  provisioning: cite(0, "a folder is created immediately"),
  restoreRate: cite(100 * MB, "sequential read of a laptop's SSD, with a large margin"),
  backupRate: cite(100 * MB, "sequential write of a laptop's SSD, with a large margin"),
  restart: cite(0, "a folder has no process"),
  takes: [],
  copies: "folder",
  probe: { every: 10_000, failures: 1, source: "the disk is checked every ten seconds" },
};
