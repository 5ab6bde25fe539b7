import { cite, MB, type Product } from "./product.js";

/** RabbitMQ in the cluster: a StatefulSet whose servers discover each other by DNS and form one cluster. */
export const rabbitmqStatefulSet: Product = {
  kind: "in-cluster",
  name: "RabbitMQ StatefulSet",
  failover: {
    by: "servers",
    detection: cite(
      75_000,
      "RabbitMQ: net_ticktime 60 s by default, ± 25 %, until a lost node is detected (rabbitmq.com: Net Tick Time)",
    ),
    takeover: cite(15_000, "the queue elects a leader; 15 s assumed"),
  },
  provisioning: cite(120_000, "a volume (CSI, about 30 s), a pod and the start of the server; two minutes assumed"),
  restoreRate: cite(50 * MB, "messages are replayed by publishers; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "messages are not backed up; 50 MB/s assumed"),
  restart: cite(
    490_000,
    "a server that hangs: Kubernetes liveness, 10 s and 3 failures of a timeout of 15 s as rendered; then the grace period of 120 s and the first back-off of 10 s; a node waits for a leader of its cluster up to 300 s (khepri_leader_wait_retry_timeout), and starts in 5 s",
  ),
  start: cite(
    305_000,
    "a node waits for a leader of its cluster up to 300 s (khepri_leader_wait_retry_timeout), and starts in 5 s",
  ),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
