import { SHORTEST_CRON_INTERVAL } from "../cron-interval.js";
import { FIRST_CHECKPOINT } from "./postgres-checkpointer.js";
import { cite, MB, type Product } from "./product.js";

/** `switchoverDelay` of rendered clusters. By default a primary that hangs has an hour to shut down. */
export const SWITCHOVER_DELAY_SECONDS = 30;

/** PostgreSQL in the cluster by the CloudNativePG operator. */
export const cloudNativePg: Product = {
  kind: "in-cluster",
  name: "CloudNativePG",
  failover: {
    by: "operator",
    detection: cite(
      35_000,
      "CloudNativePG: readiness fails after 3 probes 10 s apart, the last with a timeout of 5 s; failoverDelay 0 s (pkg/specs/pods.go at a95a534)",
      "2026-11-30",
    ),
    takeover: cite(
      SWITCHOVER_DELAY_SECONDS * 1000 + 17_000 + 15_000,
      `CloudNativePG: the old primary has ${SWITCHOVER_DELAY_SECONDS} s to shut down (switchoverDelay, as rendered), the standby observes the lease of the primary for 15 s, polled every 2 s (api/v1/cluster_types.go at a95a534); 15 s assumed for the promotion`,
      "2026-11-30",
    ),
    ignoresHang:
      "CloudNativePG demotes an old primary only while it is ready, and the standby waits for the lease, which the instance manager of a hung PostgreSQL renews; its liveness probe asks the instance manager alone (1.30.0, internal/management/controller/instance_controller.go, read 2026-11-30; measured in docs/calibration.md)",
  },
  provisioning: cite(120_000, "a volume (CSI, about 30 s), a pod and initdb; two minutes assumed"),
  restoreRate: cite(80 * MB, "barman-cloud-restore from S3 by one stream; 80 MB/s assumed"),
  backupRate: cite(80 * MB, "barman-cloud-backup to S3 by one stream; 80 MB/s assumed"),
  restart: cite(
    60_000,
    "CloudNativePG's instance manager starts a crashed PostgreSQL at once; 60 s assumed with crash recovery",
  ),
  start: cite(60_000, "60 s assumed with crash recovery"),
  takes: ["full", "log"],
  limits: {
    full: { every: SHORTEST_CRON_INTERVAL, keep: undefined },
    log: { every: FIRST_CHECKPOINT, keep: undefined },
  },
  copies: "bucket",
  probe: { every: 10_000, failures: 3, source: "CloudNativePG's probes: three failures, 10 s apart" },
};
