import { cite, MB, type Product } from "./product.js";

/** RabbitMQ in the cluster: a StatefulSet whose servers find each other by its names and form one cluster. */
export const rabbitmqStatefulSet: Product = {
  kind: "in-cluster",
  name: "RabbitMQ StatefulSet",
  failover: cite(
    75_000,
    "RabbitMQ: net_ticktime 60 s by default until a lost node is noticed, then a queue elects a leader; 15 s allowed",
  ),
  provisioning: cite(120_000, "a volume (CSI, about 30 s), a pod and a boot; two minutes allowed"),
  restoreRate: cite(50 * MB, "messages are replayed by publishers; 50 MB/s allowed"),
  backupRate: cite(50 * MB, "no copy is taken of messages; 50 MB/s allowed"),
  restart: cite(
    60_000,
    "a RabbitMQ node boots in 7 s alone and waits for its peers up to 30 s a try (mnesia_table_loading_retry_timeout)",
  ),
  takes: [],
  copies: "volume",
  probe: { every: 10_000, failures: 3, source: "Kubernetes: periodSeconds 10, failureThreshold 3" },
};
