import { cite, failoverByProvider, MB, type Product } from "./product.js";

/** Amazon S3: a regional service over at least three zones. */
export const s3: Product = {
  kind: "managed",
  name: "Amazon S3",
  failover: failoverByProvider(
    cite(0, "S3 User Guide, data durability: objects are stored redundantly in at least three zones"),
  ),
  provisioning: cite(60_000, "a bucket is created within a minute"),
  restoreRate: cite(80 * MB, "S3 performance guidelines: 85–90 MB/s for one request stream"),
  backupRate: cite(80 * MB, "S3 performance guidelines: 85–90 MB/s for one request stream"),
  restart: cite(0, "a managed service: no server has to be restarted"),
  takes: [],
  copies: "provider",
  probe: { every: 30_000, failures: 3, source: "probed from outside every 30 s" },
};
