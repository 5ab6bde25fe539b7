import type { Origin, Path } from "../platform-file/origin.js";
import type { Objectives } from "./model/element.js";
import type { Cloud, NodePool, Region, RegionFailover } from "./model/infrastructure.js";
import type { Model } from "./model/model.js";
import type { ClusterSettings, Delivery, DrillSchedule, Observe, Security } from "./model/operation.js";
import type { Secret } from "./model/secret.js";
import type { Provider, Store } from "./model/store.js";
import type { Dependency, Edge, Entrance, OutsideHost } from "./model/traffic.js";
import type { Image, Unit } from "./model/unit.js";

export type * from "./model/element.js";
export type * from "./model/infrastructure.js";
export type * from "./model/load.js";
export type * from "./model/model.js";
export type * from "./model/operation.js";
export type * from "./model/secret.js";
export type * from "./model/store.js";
export type * from "./model/traffic.js";
export type * from "./model/unit.js";
export type { Origin, Path };

/**
 * The Plan: one platform file under one environment, with every default filled in and every reference resolved.
 *
 * It is plain, immutable, serialisable data, and the only thing that promises, checks, targets, the local runner and
 * the modules read. It contains every decision that a target needs, so that targets decide nothing.
 *
 * Its types are split by subject under `model/`; this file is the one import. `model/element.ts` fixes the units of
 * measure.
 */
export interface Plan {
  readonly platform: string;
  readonly environment: string;
  /** The Kubernetes namespace or Compose project of this environment. */
  readonly namespace: string;
  readonly cloud: Cloud;
  readonly regions: readonly Region[];
  readonly failover: RegionFailover | undefined;
  readonly units: readonly Unit[];
  readonly models: readonly Model[];
  readonly stores: readonly Store[];
  readonly edges: readonly Edge[];
  readonly dependencies: readonly Dependency[];
  readonly outside: readonly OutsideHost[];
  readonly entrances: readonly Entrance[];
  readonly secrets: readonly Secret[];
  readonly pools: readonly NodePool[];
  readonly objectives: Objectives;
  readonly security: Security;
  readonly observe: Observe;
  readonly delivery: Delivery;
  readonly drills: DrillSchedule | undefined;
  readonly cluster: ClusterSettings;
  /** The environment's default provider of stores; a store can set its own. */
  readonly provide: Provider["kind"];
  readonly data: "ephemeral" | "test" | "anonymised" | "real";
  readonly access: readonly string[];
  /** The image that units without one of their own run. */
  readonly image: Image;
  readonly origins: Readonly<Record<Path, Origin>>;
}
