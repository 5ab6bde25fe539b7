import { cite, MB, type Product } from "./product.js";

/** A folder of this machine: what stands in for a bucket on a laptop. */
export const folder: Product = {
  kind: "embedded",
  name: "folder",
  failover: undefined,
  provisioning: cite(0, "a folder is made at once"),
  restoreRate: cite(100 * MB, "sequential read of a laptop's SSD, with a wide margin"),
  backupRate: cite(100 * MB, "sequential write of a laptop's SSD, with a wide margin"),
  restart: cite(0, "a folder does not run"),
  takes: [],
  copies: "folder",
  probe: { every: 10_000, failures: 1, source: "the disk is looked at every ten seconds" },
};
