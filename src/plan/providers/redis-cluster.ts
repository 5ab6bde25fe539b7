import { cite, MB, type Product } from "./product.js";

/** Sharded Redis in the cluster: a StatefulSet whose servers form a Redis Cluster, which promotes a replica automatically. */
export const redisCluster: Product = {
  kind: "in-cluster",
  name: "Redis Cluster",
  failover: {
    by: "servers",
    detection: cite(
      10_000,
      "Redis Cluster: a ping after half of cluster-node-timeout (5 s as rendered), no answer for all of it, and the gossip of a majority; 2.5 s assumed for the gossip (redis: cluster_legacy.c)",
    ),
    takeover: cite(25_000, "a failed vote is repeated after four times cluster-node-timeout; 5 s assumed for the rest"),
  },
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; one minute assumed"),
  restoreRate: cite(80 * MB, "a Redis Cluster is not backed up; loading an external snapshot at 80 MB/s assumed"),
  backupRate: cite(80 * MB, "a Redis Cluster is not backed up; 80 MB/s assumed"),
  restart: cite(
    130_000,
    "a server that hangs: Kubernetes liveness, 10 s and 3 failures of a timeout of 15 s as rendered; then the grace period of 60 s, the first back-off of 10 s, and 5 s assumed to load the append-only file",
  ),
  start: cite(5_000, "the append-only file is loaded; 5 s assumed"),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
