import { SHORTEST_CRON_INTERVAL } from "../cron-interval.js";
import { FIRST_CHECKPOINT } from "./postgres-checkpointer.js";
import { cite, MB, type Product } from "./product.js";

/** One PostgreSQL server in the cluster as a StatefulSet: nothing to fail over to, so no operator is needed. */
export const postgresStatefulSet: Product = {
  kind: "in-cluster",
  name: "PostgreSQL StatefulSet",
  failover: undefined,
  provisioning: cite(60_000, "a volume (CSI, about 30 s), a pod and initdb; one minute assumed"),
  restoreRate: cite(80 * MB, "a base backup is unpacked from a volume of the cluster by one stream; 80 MB/s assumed"),
  backupRate: cite(40 * MB, "pg_basebackup compresses with gzip on one core; 40 MB/s assumed"),
  restart: cite(
    173_000,
    "a server that hangs: Kubernetes liveness, 3 failures 10 s apart, 3 s for the last answer of pg_isready; then the grace period of 120 s as rendered, the first back-off of 10 s, and 10 s assumed for crash recovery",
  ),
  start: cite(10_000, "PostgreSQL starts and recovers from its WAL; 10 s assumed"),
  takes: ["full", "log"],
  limits: {
    full: { every: SHORTEST_CRON_INTERVAL, keep: undefined },
    log: { every: FIRST_CHECKPOINT, keep: undefined },
  },
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
