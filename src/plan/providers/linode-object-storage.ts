import { cite, failoverByProvider, MB, type Product } from "./product.js";

/** Linode (Akamai) Object Storage: S3-compatible, within one region. */
export const linodeObjectStorage: Product = {
  kind: "managed",
  name: "Linode Object Storage",
  failover: failoverByProvider(cite(0, "a regional service over many servers, whose failover is internal")),
  provisioning: cite(60_000, "a bucket is created within a minute"),
  restoreRate: cite(50 * MB, "one stream to S3-compatible storage; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "one stream to S3-compatible storage; 50 MB/s assumed"),
  restart: cite(0, "a managed service: no server has to be restarted"),
  takes: [],
  copies: "provider",
  probe: { every: 30_000, failures: 3, source: "probed from outside every 30 s" },
};
