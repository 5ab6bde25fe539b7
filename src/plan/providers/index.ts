import type { Cloud, Provider, Store } from "../plan.js";
import { amazonMq } from "./amazon-mq.js";
import { cloudNativePg } from "./cloudnative-pg.js";
import { elastiCache } from "./elasticache.js";
import { embeddedMemory } from "./embedded-memory.js";
import { embeddedPostgres } from "./embedded-postgres.js";
import { folder } from "./folder.js";
import { linodeObjectStorage } from "./linode-object-storage.js";
import { linodePostgres } from "./linode-postgres.js";
import { postgresStatefulSet } from "./postgres-statefulset.js";
import type { Product } from "./product.js";
import { rabbitmqStatefulSet } from "./rabbitmq-statefulset.js";
import { rds } from "./rds.js";
import { redisCluster } from "./redis-cluster.js";
import { redisStatefulSet } from "./redis-statefulset.js";
import { s3 } from "./s3.js";
import { s3Gateway } from "./s3-gateway.js";

type Row = Readonly<Record<Store["kind"], Product>>;

/** Who provides what: the one place where a cloud's word becomes a product. */
const embedded: Row = { postgres: embeddedPostgres, redis: embeddedMemory, rabbitmq: embeddedMemory, bucket: folder };
const inCluster: Readonly<Record<Store["kind"], (shape: Shape) => Product>> = {
  postgres: ({ standby }) => (standby ? cloudNativePg : postgresStatefulSet),
  redis: ({ sharded }) => (sharded ? redisCluster : redisStatefulSet),
  rabbitmq: () => rabbitmqStatefulSet,
  bucket: () => s3Gateway,
};
const managed: Readonly<Record<Cloud, Partial<Row>>> = {
  none: {},
  aws: { postgres: rds, redis: elastiCache, rabbitmq: amazonMq, bucket: s3 },
  linode: { postgres: linodePostgres, bucket: linodeObjectStorage },
};

/** What of a store's design decides who can run it. */
export interface Shape {
  /** There is a copy to fail over to. */
  readonly standby: boolean;
  readonly sharded: boolean;
}

/**
 * The product that provides a kind of store, and why it is another than was asked for, where it is. An operator is asked
 * of a cluster only where there is something to fail over to.
 */
export function productFor(
  kind: Store["kind"],
  asked: Provider["kind"],
  cloud: Cloud,
  shape: Shape,
): { readonly product: Product; readonly instead: string | undefined } {
  if (asked === "embedded") return { product: embedded[kind], instead: undefined };
  const offered = asked === "managed" ? managed[cloud][kind] : undefined;
  if (offered) return { product: offered, instead: undefined };
  const who = cloud === "none" ? "no cloud is named that" : `${cloud}`;
  const instead = asked === "managed" ? `${who} offers ${cloud === "none" ? "a" : "no"} managed ${kind}` : undefined;
  return { product: inCluster[kind](shape), instead };
}
