import { cite, MB, type Product } from "./product.js";

/** Counters and queues inside the process: the substitute for Redis and RabbitMQ on one machine. */
export const embeddedMemory: Product = {
  kind: "embedded",
  name: "in process",
  failover: undefined,
  provisioning: cite(0, "available with the process"),
  restoreRate: cite(100 * MB, "memory is faster than the disk it is read from"),
  backupRate: cite(100 * MB, "memory is faster than the disk it is written to"),
  restart: cite(2_000, "a Node.js process and its modules start within two seconds"),
  takes: [],
  copies: "folder",
  probe: { every: 1_000, failures: 3, source: "the supervisor's probe of its children" },
};
