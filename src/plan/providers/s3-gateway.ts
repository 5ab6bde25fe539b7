import { cite, MB, type Product } from "./product.js";

/** Objects in the cluster: an S3 gateway over one volume. */
export const s3Gateway: Product = {
  kind: "in-cluster",
  name: "S3 gateway StatefulSet",
  failover: undefined,
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; one minute assumed"),
  restoreRate: cite(80 * MB, "one stream over a cluster's network and block storage; 80 MB/s assumed"),
  backupRate: cite(80 * MB, "one stream over a cluster's network and block storage; 80 MB/s assumed"),
  restart: cite(
    100_000,
    "a server that hangs: Kubernetes liveness, 10 s and 3 failures of a timeout of 15 s as rendered; then the grace period of 30 s, the first back-off of 10 s, and 5 s assumed for the start",
  ),
  start: cite(5_000, "5 s assumed"),
  takes: [],
  copies: "bucket",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
