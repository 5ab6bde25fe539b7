import { SHORTEST_CRON_INTERVAL } from "../cron-interval.js";
import { cite, MB, type Product } from "./product.js";

/** Unsharded Redis in the cluster as a StatefulSet. Its replicas are not promoted automatically. */
export const redisStatefulSet: Product = {
  kind: "in-cluster",
  name: "Redis StatefulSet",
  failover: undefined,
  provisioning: cite(60_000, "a volume (CSI, about 30 s) and a pod; one minute assumed"),
  restoreRate: cite(
    80 * MB,
    "an RDB file is read from a volume of the cluster by one stream and loaded; 80 MB/s assumed",
  ),
  backupRate: cite(80 * MB, "redis-cli streams an RDB file to a volume of the cluster; 80 MB/s assumed"),
  restart: cite(
    130_000,
    "a server that hangs: Kubernetes liveness, 10 s and 3 failures of a timeout of 15 s as rendered; then the grace period of 60 s, the first back-off of 10 s, and 5 s assumed to load the append-only file",
  ),
  start: cite(5_000, "the append-only file is loaded; 5 s assumed"),
  takes: ["full", "snapshot"],
  limits: {
    full: { every: SHORTEST_CRON_INTERVAL, keep: undefined },
    snapshot: { every: SHORTEST_CRON_INTERVAL, keep: undefined },
  },
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
