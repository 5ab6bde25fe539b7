import { cite, failoverByProvider, MB, type Product } from "./product.js";

/** Amazon MQ for RabbitMQ, as a cluster over three zones. */
export const amazonMq: Product = {
  kind: "managed",
  name: "Amazon MQ",
  versions: {
    offered: ["3.13", "4.2", "4.3"],
    source: "Amazon MQ Developer Guide, Managing Amazon MQ for RabbitMQ engine versions; RabbitMQ 4: from 4.2",
    read: "2026-11-30",
  },
  failover: failoverByProvider(
    cite(
      90_000,
      "RabbitMQ: net_ticktime 60 s by default, ± 25 %, until a lost node is detected, then a queue elects a leader; 15 s assumed",
    ),
  ),
  provisioning: cite(20 * 60_000, "AWS documents no maximum; 20 minutes assumed for a cluster of three nodes"),
  restoreRate: cite(50 * MB, "messages are replayed by publishers; 50 MB/s assumed"),
  backupRate: cite(50 * MB, "Amazon MQ offers no backup of messages for RabbitMQ; definitions only"),
  restart: cite(120_000, "a broker node is restarted by Amazon MQ; two minutes assumed"),
  takes: [],
  copies: "provider",
  probe: { every: 10_000, failures: 3, source: "Amazon MQ monitors its own nodes" },
};
