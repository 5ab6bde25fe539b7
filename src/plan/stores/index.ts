import { formatBytes } from "../../platform-file/format.js";
import { type StoreEntry, storeEntry } from "../../platform-file/schema/stores.js";
import { bucketSpace } from "../backup-space.js";
import type { PlanContext } from "../context.js";
import type { Plan, Store, StoreKind } from "../plan.js";
import { bucket } from "./bucket.js";
import type { ImageChoice, StoreDescriptor, StoreRole, StoreTraits } from "./descriptor.js";
import { postgres } from "./postgres.js";
import { rabbitmq } from "./rabbitmq.js";
import { redis } from "./redis.js";

export type {
  DataLoss,
  ImageChoice,
  Redelivery,
  SecretValue,
  ServerProduct,
  ServersNeeded,
  StoreDescriptor,
  StoreImages,
  StoreRole,
  StoreTraits,
  WithoutReplica,
} from "./descriptor.js";

type Descriptors = { readonly [Kind in StoreKind]: StoreDescriptor<Kind> };

/** Every kind of store. A new kind is one line here, and the compiler names what else it needs. */
const DESCRIPTORS = { postgres, redis, rabbitmq, bucket } satisfies Descriptors;

export const STORES: Descriptors = DESCRIPTORS;

/** Every store of an environment, in the order of the platform file. */
export function planStores(context: PlanContext): Store[] {
  const inputs = context.settings.stores ?? {};
  return Object.entries(inputs).map(([name, input]) => planStore(context, name, storeEntry(input)));
}

/** The stores, of which buckets in the cluster without a declared size are at least as large as the backups that are sent to them. */
export function withRoomForBackups(context: PlanContext, plan: Pick<Plan, "stores" | "units">): readonly Store[] {
  const inputs = context.settings.stores ?? {};
  return plan.stores.map((store) => {
    if (!isBucket(store) || inputs[store.name]?.size !== undefined || store.provider.kind !== "in-cluster")
      return store;
    const needed = bucketSpace(store.name, plan);
    if (needed <= store.size) return store;
    const why = "the backups that are sent to it, at their retention";
    context.provenance.at("stores", store.name).recordDefault("size", why, formatBytes(needed));
    return { ...store, size: needed };
  });
}

function planStore<Kind extends StoreKind>(context: PlanContext, name: string, entry: StoreEntry<Kind>): Store<Kind> {
  return STORES[entry.kind].plan(context, context.provenance.at("stores", name), name, entry.input);
}

/** The image that runs a store as planned; undefined: it does not run as containers. */
export function storeImage<Kind extends StoreKind>(store: Store<Kind>): ImageChoice | undefined {
  if (store.provider.kind === "managed" || !hasServer(store)) return undefined;
  const { server, operator } = STORES[store.kind].images(store);
  return operator ?? server;
}

/** The properties that follow from the settings of a store: copies, ports, data loss of each failure. */
export function storeTraits<Kind extends StoreKind>(store: Store<Kind>): StoreTraits {
  return STORES[store.kind].traits(store);
}

/** Kinds whose descriptor has this role. */
type KindOfRole<Role extends StoreRole> = {
  [Kind in StoreKind]: (typeof DESCRIPTORS)[Kind]["role"] extends Role ? Kind : never;
}[StoreKind];

export type StoreOfRole<Role extends StoreRole> = Extract<Store, { kind: KindOfRole<Role> }>;
export type DatabaseStore = StoreOfRole<"database">;
export type CacheStore = StoreOfRole<"cache">;
export type BucketStore = StoreOfRole<"bucket">;

/** A store in which Keelson's modules can store their rows. */
export type ModuleDatabase = Extract<
  Store,
  {
    kind: {
      [Kind in StoreKind]: (typeof DESCRIPTORS)[Kind]["storesModuleData"] extends true ? Kind : never;
    }[StoreKind];
  }
>;

/** A store that has server processes: every kind but a bucket. */
export type ServerStore = Exclude<Store, BucketStore>;

export function isDatabase(store: Store): store is DatabaseStore {
  return STORES[store.kind].role === "database";
}

export function isCache(store: Store): store is CacheStore {
  return STORES[store.kind].role === "cache";
}

export function isBucket(store: Store): store is BucketStore {
  return STORES[store.kind].role === "bucket";
}

export function hasServers(store: Store): store is ServerStore {
  return !isBucket(store);
}

/** Stores in which Keelson's modules can store their rows. */
export function moduleDatabases({ stores }: Pick<Plan, "stores">): readonly ModuleDatabase[] {
  return stores.filter((store): store is ModuleDatabase => STORES[store.kind].storesModuleData);
}

/** Whether clients reach it over a network: everything but a folder of one machine. */
export function hasServer({ kind, provider }: Store): boolean {
  return provider.kind !== "embedded" || STORES[kind].local !== "folder";
}

/** Whether `keelson up` runs a server process for it. */
export function runsLocally({ kind, provider }: Store): boolean {
  return STORES[kind].local === "process" && provider.kind === "embedded";
}
