/**
 * What the elements of a Plan share: units of measure, names, and what units, models and stores have in common.
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

/** Least and most; equal when one number was written. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What every named element has: its name and its path in the platform file, under which `origins` knows its place. */
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

/** A fragment that is merged into what a target writes. */
export interface Patch {
  readonly target: string;
  readonly path: Path;
  readonly fragment: unknown;
}

/** What is promised; undefined is not promised. Inherited: platform → element, the nearer one wins. */
export interface Objectives {
  readonly path: Path;
  readonly availability: Ratio | undefined;
  readonly rto: Milliseconds | undefined;
  readonly rpo: Milliseconds | undefined;
  /** Faults that RTO and RPO do not cover. */
  readonly except: readonly FaultName[];
  readonly latency: { readonly percentile: Ratio; readonly within: Milliseconds } | undefined;
  /** Data must be kept at least this long. */
  readonly retention: Milliseconds | undefined;
}
