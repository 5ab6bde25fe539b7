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
  /** How its own watch notices a loss, unless the file says otherwise. */
  readonly probe: { readonly every: Milliseconds; readonly failures: number; readonly source: string };
}

/** A figure with its source. */
export function cite(value: number, source: string): Cited {
  return { value, source };
}

/** The Plan's provider; `standby` tells whether there is anything to fail over to. */
export function provider(product: Product, standby: boolean): Provider {
  const { kind, name, failover, provisioning, restoreRate, backupRate, restart, takes } = product;
  return {
    kind,
    product: name,
    failover: standby ? failover : undefined,
    provisioning,
    restoreRate,
    backupRate,
    restart,
    takes,
  };
}

export const MB = 1_000_000;
