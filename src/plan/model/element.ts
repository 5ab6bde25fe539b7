/**
 * Types that all elements of a Plan share: units of measure, names, resources, objectives.
 *
 * Units of measure are fixed and named by alias: durations in milliseconds, sizes in bytes, CPU in millicores,
 * ratios between 0 and 1.
 */

import type { FaultName } from "../../platform-file/faults.js";
import type { Path } from "../../platform-file/origin.js";

export type Milliseconds = number;
export type Bytes = number;
export type Millicores = number;
/** Between 0 and 1. */
export type Ratio = number;

/** Minimum and maximum; equal if the platform file sets one number. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The name of an element, and its path in the platform file, which is its key in `Plan.origins`. */
export interface Element {
  readonly name: string;
  readonly path: Path;
}

/** Request and limit; `limit` undefined means none. */
export interface Resources {
  readonly cpu: { readonly request: Millicores | undefined; readonly limit: Millicores | undefined };
  readonly memory: { readonly request: Bytes | undefined; readonly limit: Bytes | undefined };
  readonly gpu: { readonly count: number; readonly kind: string | undefined };
  readonly disk: Bytes | undefined;
}

/** A fragment that is merged into the objects that a target renders. */
export interface Patch {
  readonly target: string;
  readonly path: Path;
  readonly fragment: unknown;
}

/** The promises; undefined: none. An element inherits those of the platform that it does not set. */
export interface Objectives {
  readonly path: Path;
  readonly availability: Ratio | undefined;
  /** For every fault that `byFault` does not name. */
  readonly rto: Milliseconds | undefined;
  readonly rpo: Milliseconds | undefined;
  readonly byFault: readonly FaultObjective[];
  /** Faults that RTO and RPO do not cover. */
  readonly except: readonly FaultName[];
  /** Time until the last byte of a response. */
  readonly latency: PercentileObjective | undefined;
  /** Time until the first token of a model's answer. */
  readonly firstToken: PercentileObjective | undefined;
  /** Minimum time that data must stay restorable. */
  readonly retention: Milliseconds | undefined;
}

/** 0.95 within 2000: ninety-five of a hundred responses take at most two seconds. */
export interface PercentileObjective {
  readonly percentile: Ratio;
  readonly within: Milliseconds;
}

/** An objective for one fault alone; `promised` undefined: none. */
export interface FaultObjective {
  readonly fault: FaultName;
  readonly of: "rto" | "rpo";
  readonly promised: Milliseconds | undefined;
  /** The path in the platform file that declares it. */
  readonly path: Path;
}
