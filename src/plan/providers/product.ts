import type { Cited, Milliseconds, Provider } from "../plan.js";

/** What is known of a product that can provide a store: figures with their sources, and what it cannot do. */
export interface Product {
  readonly kind: Provider["kind"];
  readonly name: string;
  /** Time until a standby serves, for one in the same or another zone; undefined where nothing takes over. */
  readonly failover: Cited | undefined;
  readonly provisioning: Cited;
  readonly restoreRate: Cited;
  readonly backupRate: Cited;
  readonly restart: Cited;
  /** Kinds of backup that are really written where the file asks for them. */
  readonly takes: Provider["takes"];
  /** Intervals and times that are its own, and not the file's; left out where the file decides. */
  readonly limits?: Provider["limits"];
  /** Where these copies lie, whatever `backups.to` names. */
  readonly copies: Provider["copies"];
  /** Why a write waits for the standby, where it does unless the file says otherwise. */
  readonly synchronous?: string;
  /** How its own watch notices a loss, unless the file says otherwise. */
  readonly probe: { readonly every: Milliseconds; readonly failures: number; readonly source: string };
}

/** A figure with its source. */
export function cite(value: number, source: string): Cited {
  return { value, source };
}

/**
 * The Plan's provider; `standby` tells whether there is anything to fail over to, `buckets` what `backups.to` names. One
 * that writes its copies into a bucket writes into the first, and takes none where none is named.
 */
export function provider(product: Product, standby: boolean, buckets: readonly string[]): Provider {
  const { kind, name, failover, provisioning, restoreRate, backupRate, restart, takes, limits = {}, copies } = product;
  const sendsTo = copies === "bucket" ? buckets.slice(0, 1) : [];
  return {
    kind,
    product: name,
    failover: standby ? failover : undefined,
    provisioning,
    restoreRate,
    backupRate,
    restart,
    takes: copies === "bucket" && sendsTo.length === 0 ? [] : takes,
    limits,
    copies,
    sendsTo,
  };
}

export const MB = 1_000_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;
