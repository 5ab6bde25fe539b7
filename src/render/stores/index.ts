import type { Store } from "../../plan/plan.js";
import { bucketServer } from "./bucket.js";
import { postgresServer } from "./postgres.js";
import { rabbitmqServer } from "./rabbitmq.js";
import { redisServer } from "./redis.js";
import type { Membership, StoreServer } from "./server.js";

/** The store's server. `keepsLog`: the target gives a database a volume for the segments of its log. */
export function storeServer(store: Store, membership: Membership, keepsLog: boolean): StoreServer {
  switch (store.kind) {
    case "postgres":
      return postgresServer(store, membership, keepsLog);
    case "redis":
      return redisServer(store, membership);
    case "rabbitmq":
      return rabbitmqServer(store, membership);
    case "bucket":
      return bucketServer(store);
  }
}
