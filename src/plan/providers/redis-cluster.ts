import { cite, MB, type Product } from "./product.js";

/** Sharded Redis in the cluster: a StatefulSet whose servers form a Redis Cluster, which promotes a replica by itself. */
export const redisCluster: Product = {
  kind: "in-cluster",
  name: "Redis Cluster",
  failover: cite(
    30_000,
    "Redis Cluster: cluster-node-timeout 5 s as rendered, and a vote that failed is called again after four of these; 5 s allowed",
  ),
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; a minute allowed"),
  restoreRate: cite(80 * MB, "no copy is taken of a Redis Cluster; one from elsewhere would be loaded at 80 MB/s"),
  backupRate: cite(80 * MB, "no copy is taken of a Redis Cluster; 80 MB/s allowed"),
  restart: cite(
    35_000,
    "Kubernetes liveness, 3 failures 10 s apart by default, then the append-only file is loaded; 5 s allowed",
  ),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
