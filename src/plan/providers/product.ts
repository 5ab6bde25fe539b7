import type { Cited, Failover, Milliseconds, Provider } from "../plan.js";

/** A product that can provide a store: its figures with their sources, and its limits. */
export interface Product {
  readonly kind: Provider["kind"];
  readonly name: string;
  /** How a standby is promoted, in the same or another zone; undefined without automatic failover. */
  readonly failover: Failover | undefined;
  readonly provisioning: Cited;
  readonly restoreRate: Cited;
  readonly backupRate: Cited;
  readonly restart: Cited;
  readonly start?: Cited;
  /** Kinds of backup that it takes if the platform file declares them. */
  readonly takes: Provider["takes"];
  /** Intervals and retention that it imposes, regardless of the platform file. */
  readonly limits?: Provider["limits"];
  /** Where these backups are stored, regardless of `backups.to`. */
  readonly copies: Provider["copies"];
  /** The versions that it runs, if it does not run every declared one. */
  readonly versions?: Provider["versions"];
  /** Set, with the source, if the product assigns the port of a store when it creates it. */
  readonly assignsPort?: string;
  /** Why a write waits for the standby by default; undefined if it does not. */
  readonly synchronous?: string;
  /** How it detects a failure by default. */
  readonly probe: { readonly every: Milliseconds; readonly failures: number; readonly source: string };
}

/** A failover whose documented figure includes the detection. */
export function failoverByProvider(total: Cited): Failover {
  return { by: "provider", detection: cite(0, "detection is part of the provider's figure"), takeover: total };
}

/** A figure with its source, and the day on which that was read. */
export function cite(value: number, source: string, read?: string): Cited {
  return read === undefined ? { value, source } : { value, source, read };
}

/**
 * The Plan's provider. `standby`: there is a replica to fail over to. `buckets`: those of `backups.to`. A product that
 * writes backups to a bucket writes to the first of them, and takes none without one.
 */
export function provider(product: Product, standby: boolean, buckets: readonly string[]): Provider {
  const {
    kind,
    name,
    failover,
    provisioning,
    restoreRate,
    backupRate,
    restart,
    start,
    takes,
    limits = {},
    copies,
    versions,
  } = product;
  const sendsTo = copies === "bucket" ? buckets.slice(0, 1) : [];
  return {
    kind,
    product: name,
    versions,
    failover: standby ? failover : undefined,
    provisioning,
    restoreRate,
    backupRate,
    restart,
    start,
    takes: copies === "bucket" && sendsTo.length === 0 ? [] : takes,
    limits,
    copies,
    sendsTo,
  };
}

export const MB = 1_000_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;
