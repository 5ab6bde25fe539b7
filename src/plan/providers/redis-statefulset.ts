import { cite, MB, type Product } from "./product.js";

/** Redis in the cluster as a StatefulSet, with Sentinel or Redis Cluster for replicas. */
export const redisStatefulSet: Product = {
  kind: "in-cluster",
  name: "Redis StatefulSet",
  failover: cite(
    45_000,
    "Redis Sentinel: down-after-milliseconds 30 s by default, then election and promotion; 15 s allowed",
  ),
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; a minute allowed"),
  restoreRate: cite(80 * MB, "an RDB file is copied from S3 by one stream and loaded; 80 MB/s allowed"),
  backupRate: cite(80 * MB, "an RDB file is copied to S3 by one stream; 80 MB/s allowed"),
  restart: cite(
    35_000,
    "Kubernetes liveness, 3 failures 10 s apart by default, then the append-only file is loaded; 5 s allowed",
  ),
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
