import type { Store } from "./plan.js";

/** How many servers a store runs as: of a cache each shard's primary and its replicas, of a bucket the one before its volume. */
export function serversOf(store: Store): number {
  switch (store.kind) {
    case "postgres":
    case "rabbitmq":
      return store.replicas;
    case "redis":
      return store.shards * (1 + store.replicas);
    case "bucket":
      return 1;
  }
}
