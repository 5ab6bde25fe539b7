import { cite, MB, type Product } from "./product.js";

/** RabbitMQ in the cluster: a StatefulSet whose servers discover each other by DNS and form one cluster. */
export const rabbitmqStatefulSet: Product = {
  kind: "in-cluster",
  name: "RabbitMQ StatefulSet",
  failover: {
    by: "servers",
    detection: cite(60_000, "RabbitMQ: net_ticktime 60 s by default until a lost node is detected"),
    takeover: cite(15_000, "the queue elects a leader; 15 s assumed"),
  },
  provisioning: cite(120_000, "a volume (CSI, about 30 s), a pod and the start of the server; two minutes assumed"),
  restoreRate: cite(50 * MB, "messages are replayed by publishers; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "messages are not backed up; 50 MB/s assumed"),
  restart: cite(
    60_000,
    "a RabbitMQ node starts in 7 s alone, and waits for its peers up to 30 s per attempt (mnesia_table_loading_retry_timeout)",
  ),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
