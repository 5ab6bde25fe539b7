import type { Broker, Cache, Database, Plan, Store, Unit } from "../plan/plan.js";

/** A store whose server is a process of somebody's: everything but a bucket. */
export type Server = Database | Cache | Broker;

export function isUnit<Other extends Store>(subject: Unit | Other): subject is Unit {
  return "role" in subject;
}

export function isServer(store: Store): store is Server {
  return store.kind !== "bucket";
}

export function isDatabase(store: Store): store is Database {
  return store.kind === "postgres";
}

export function isCache(store: Store): store is Cache {
  return store.kind === "redis";
}

/** Servers that hold a copy of the data, the first one included. */
export function copies(server: Server): number {
  return server.kind === "redis" ? server.replicas + 1 : server.replicas;
}

/** A copy takes over by itself. */
export function failsOver(server: Server): boolean {
  return server.provider.failover !== undefined && copies(server) > 1;
}

/** Units and servers: what has processes. */
export function running(plan: Plan): readonly (Unit | Server)[] {
  return [...plan.units, ...plan.stores.filter(isServer)];
}
