import type { Path } from "../../platform-file/origin.js";
import type { Bounds, Bytes, Element, Millicores, Milliseconds } from "./element.js";

export type Cloud = "none" | "aws" | "linode";

export interface Region {
  readonly name: string;
  readonly role: "primary" | "standby";
  readonly mode: "active" | "warm" | "cold";
  /** Names of the availability zones that nodes are spread over; one when the environment has no zones. */
  readonly zones: readonly string[];
}

/** How traffic moves away from a failed region: DNS health checks, then the TTL of the record. */
export interface RegionFailover {
  readonly path: Path;
  readonly check: Milliseconds;
  readonly failures: number;
  readonly ttl: Milliseconds;
}

export interface NodePool extends Element {
  readonly type: string;
  readonly count: Bounds;
  /** The resources that pods can use on one node; undefined for an unknown machine type. */
  readonly allocatable: { readonly cpu: Millicores; readonly memory: Bytes; readonly gpu: number } | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly spot: boolean;
}
