import { FIRST_CHECKPOINT } from "./postgres-checkpointer.js";
import { cite, MB, type Product } from "./product.js";

/** PostgreSQL in the cluster by the CloudNativePG operator. */
export const cloudNativePg: Product = {
  kind: "in-cluster",
  name: "CloudNativePG",
  failover: {
    by: "operator",
    detection: cite(30_000, "CloudNativePG: readiness fails after 3 probes 10 s apart, failoverDelay 0 s"),
    takeover: cite(30_000, "CloudNativePG shuts the old primary down and promotes the standby; 30 s assumed"),
  },
  provisioning: cite(120_000, "a volume (CSI, about 30 s), a pod and initdb; two minutes assumed"),
  restoreRate: cite(80 * MB, "barman-cloud-restore from S3 by one stream; 80 MB/s assumed"),
  backupRate: cite(80 * MB, "barman-cloud-backup to S3 by one stream; 80 MB/s assumed"),
  restart: cite(
    40_000,
    "CloudNativePG: liveness fails after 3 probes 10 s apart, then PostgreSQL starts and recovers; 10 s assumed",
  ),
  takes: ["full", "log"],
  limits: { log: { every: FIRST_CHECKPOINT, keep: undefined } },
  copies: "bucket",
  probe: { every: 10_000, failures: 3, source: "CloudNativePG's probes: three failures, 10 s apart" },
};
