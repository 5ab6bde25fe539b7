import type { StoreInputs } from "../../platform-file/schema/stores.js";
import type { PlanContext } from "../context.js";
import type { EndsOfLife } from "../ends-of-life.js";
import type { ProductWithImage } from "../images.js";
import type { Scope } from "../origin.js";
import type { Bytes, Cited, Cloud, Milliseconds, Provider, Store, StoreKind } from "../plan.js";
import type { PostgresImage, PostgresServerImage } from "../postgres-extensions.js";
import type { Product } from "../providers/product.js";

/**
 * The single description of one kind of store, for the whole core. Only its rendering is elsewhere: how its server runs as
 * a container is in `render/stores/<kind>.ts`.
 */
export interface StoreDescriptor<Kind extends StoreKind> {
  /** The product's name, as messages print it. */
  readonly title: string;
  readonly role: StoreRole;
  /** Whether Keelson's modules can store their rows in it. */
  readonly storesModuleData: boolean;
  /** How `keelson up` provides it on one machine, or why it does not. */
  readonly local: "process" | "folder" | { readonly omitted: string };
  readonly size: { readonly bytes: Bytes; readonly why: string };
  /** Millicores of a small server. */
  readonly cpu: Range;
  /** Bytes of memory of a small server. */
  readonly memory: Range;
  /** The default port; 0 if there is none. */
  port(provider: Provider["kind"]): number;
  /** The protocol of its port. */
  readonly protocol: "tcp" | "http";
  /** Files of its secret. */
  readonly secret: StoreSecret;
  readonly products: StoreProducts;
  /** When the maintenance of its versions ends; empty if the product publishes no dates. */
  readonly endsOfLife: EndsOfLife;
  /** The images that run a planned store as containers. */
  images(store: Store<Kind>): StoreImages;
  /** How it is backed up: `log` is full backups and an archived log, `snapshot` is snapshots alone. */
  readonly backupMethod: "log" | "snapshot";
  /** Plans a store of the kind from its part of the platform file. */
  plan(context: PlanContext, scope: Scope, name: string, input: StoreInputs[Kind]): Store<Kind>;
  /** The properties that follow from the settings of one planned store. */
  traits(store: Store<Kind>): StoreTraits;
}

/**
 * The role of a store in a platform. Faults are defined by role: `database` and `cache` each have a fault for the loss of
 * their data, a `broker` cannot restore its messages, a `bucket` receives backups and has no servers of its own.
 */
export type StoreRole = "database" | "cache" | "broker" | "bucket";

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface StoreSecret {
  /** The directory that Keelson's modules mount it under; other containers mount it under the store's name. */
  readonly directory: string;
  /** Keys that a client of the store needs. */
  readonly clientKeys: readonly string[];
  /** How each key is generated for a server that Keelson runs at `address` (`host:port`). */
  values(address: string): Readonly<Record<string, SecretValue>>;
}

/** How the value of one key of a secret is generated, once, when it does not exist. */
export type SecretValue =
  | { readonly kind: "random"; readonly bytes: number }
  /** Text in which `{key}` is replaced by the value of another key of the same secret. */
  | { readonly kind: "text"; readonly text: string };

/** The product that provides the kind, by provider. `managed` names every cloud, so that a new cloud must decide. */
export interface StoreProducts {
  readonly embedded: Product;
  inCluster(shape: StoreShape): Product;
  readonly managed: Readonly<Record<Cloud, Product | undefined>>;
}

/** The image of a version of a product: `exactImage` is its reference. */
export interface ImageChoice<Product extends ProductWithImage = ProductWithImage> {
  readonly product: Product;
  /** The declared version; undefined for a product whose version is not declared. */
  readonly version: string | undefined;
}

/** Products whose image a target runs as the server of a store, and those that an operator runs. */
export type ServerProduct = PostgresServerImage | "redis" | "rabbitmq" | "versitygw";
type OperatorProduct = Exclude<PostgresImage, PostgresServerImage>;

export interface StoreImages {
  /** Runs the server as a container. */
  readonly server: ImageChoice<ServerProduct>;
  /** What an operator runs instead, where the store has one. */
  readonly operator: ImageChoice<OperatorProduct> | undefined;
}

/** The properties of a store that decide which product can provide it. */
export interface StoreShape {
  /** There is a replica to fail over to. */
  readonly standby: boolean;
  readonly sharded: boolean;
}

/** A declared setting without effect: its key below the store. */
export interface Ignored {
  readonly key: string;
  readonly why: string;
  /** Where the setting would have an effect. */
  readonly advice: string;
}

/** How redundant one store is and what its failures lose, as plain data. */
export interface StoreTraits {
  /** Its product and version, as a table prints them. */
  readonly summary: string;
  /** Servers in total; a bucket counts as one. */
  readonly servers: number;
  /** Servers that each hold a copy of the same data, the primary included. */
  readonly copies: number;
  /** The key of the platform file that sets the number of copies; undefined if none does. */
  readonly copiesKey: string | undefined;
  /** Clients must connect to the first server; the others only replicate it. */
  readonly hasPrimary: boolean;
  /** Ports on which its servers connect to each other. */
  readonly memberPorts: readonly number[];
  /** The key that makes it retain messages that cannot be delivered, if it drops them now. */
  readonly dropsMessages: string | undefined;
  /** Declared settings that its provider does not carry out, and why. */
  readonly ignored: readonly Ignored[];
  /** When it delivers again what a consumer that hangs has not acknowledged; undefined if it hands nothing to one consumer alone. */
  readonly redelivery: Redelivery | undefined;
  /** Whether its servers in a cluster are spread over the zones. */
  readonly spreadsOverZones: boolean;
  /** What of its servers must be available for an acknowledged write, as far as Keelson runs them. */
  readonly needs: ServersNeeded;
  /** Why its servers never serve a client as declared, and the change that makes them; undefined if they do. */
  readonly neverServes: KeyChange | undefined;
  /** With automatic failover: the number of zones at which the loss of any one zone leaves it available. */
  readonly minZones: number | undefined;
  /** The change of the platform file that makes it survive the loss of a zone. */
  readonly zoneFix: { readonly key: string; readonly value: unknown; readonly advice: string } | undefined;
  /** How it recovers from the loss of its servers when no replica takes over. */
  readonly withoutReplica: WithoutReplica;
  /** Acknowledged writes lost when its servers restart on the same disks. */
  readonly restartLoss: DataLoss;
  /** Acknowledged writes that the replica which takes over may not have. */
  readonly failoverLoss: DataLoss;
}

/** Which servers of a store must be available. */
export type ServersNeeded =
  /** This many, whichever they are; `why` completes `the store needs 2 of 3 servers: `. */
  | { readonly kind: "count"; readonly count: number; readonly why: string }
  /** Of each shard a server with its data, and a majority of the shards' primaries, which elect a replacement. */
  | { readonly kind: "shards"; readonly shards: number; readonly copies: number; readonly why: string };

export type Redelivery =
  | { readonly kind: "after"; readonly time: Cited }
  /** Not while the connection of the consumer is open. */
  | { readonly kind: "never"; readonly why: string };

/** What is wrong with a store as declared, and the key of the file that solves it. */
export interface KeyChange {
  readonly why: string;
  readonly advice: string;
  readonly key: string;
  readonly value: unknown;
}

export type WithoutReplica =
  /** A new server, restored from the newest backup. */
  | { readonly kind: "restore" }
  /** A new server; a backup is loaded if there is one. */
  | { readonly kind: "replace" }
  /** It is unavailable until the lost servers are available again. */
  | ({ readonly kind: "wait" } & KeyChange);

export type DataLoss =
  /** At most this much, by the product's documentation. */
  | { readonly kind: "cited"; readonly label: string; readonly loss: Cited }
  /** At most this much, assumed. */
  | { readonly kind: "assumed"; readonly label: string; readonly loss: Milliseconds; readonly why: string }
  /** Everything since the last backup. `unless`: a key of the store with which at most `loss` is lost instead. */
  | { readonly kind: "all"; readonly unless?: KeyChange & { readonly loss: Cited } }
  /** No bound; `key` set to `value` provides one. */
  | ({ readonly kind: "unbounded" } & KeyChange);
