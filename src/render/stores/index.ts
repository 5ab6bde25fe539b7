import type { Store } from "../../plan/plan.js";
import { postgresServer } from "./postgres.js";
import { rabbitmqServer } from "./rabbitmq.js";
import { cacheMembers, redisServer } from "./redis.js";
import type { Membership, StoreServer } from "./server.js";

/** A store that is run as containers by whoever renders, because no cloud provides it. */
export function runsAsContainers(store: Store): boolean {
  return store.provider.kind !== "managed" && store.kind !== "bucket";
}

/** How many servers the store is made of. */
export function storeMembers(store: Store): number {
  switch (store.kind) {
    case "postgres":
      return Math.max(1, store.replicas);
    case "redis":
      return cacheMembers(store);
    case "rabbitmq":
      return Math.max(1, store.replicas);
    case "bucket":
      return 0;
  }
}

/**
 * The store's server; undefined for a bucket, which no container here provides. `keepsLog`: the target gives it a volume
 * for the segments of its log.
 */
export function storeServer(store: Store, membership: Membership, keepsLog: boolean): StoreServer | undefined {
  switch (store.kind) {
    case "postgres":
      return postgresServer(store, membership, keepsLog);
    case "redis":
      return redisServer(store, membership);
    case "rabbitmq":
      return rabbitmqServer(store, membership);
    case "bucket":
      return undefined;
  }
}
