import { cite, MB, type Product } from "./product.js";

/** Sharded Redis in the cluster: a StatefulSet whose servers form a Redis Cluster, which promotes a replica automatically. */
export const redisCluster: Product = {
  kind: "in-cluster",
  name: "Redis Cluster",
  failover: {
    by: "servers",
    detection: cite(5_000, "Redis Cluster: cluster-node-timeout 5 s as rendered"),
    takeover: cite(25_000, "a failed vote is repeated after four times cluster-node-timeout; 5 s assumed for the rest"),
  },
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; one minute assumed"),
  restoreRate: cite(80 * MB, "a Redis Cluster is not backed up; loading an external snapshot at 80 MB/s assumed"),
  backupRate: cite(80 * MB, "a Redis Cluster is not backed up; 80 MB/s assumed"),
  restart: cite(
    35_000,
    "Kubernetes liveness, 3 failures 10 s apart by default, then the append-only file is loaded; 5 s assumed",
  ),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
