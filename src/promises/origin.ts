import type { Milliseconds, Origin, Source } from "../plan/plan.js";

/**
 * The source of a term's duration: a line of the platform file, a document of the component, a stated assumption, or the
 * drill, the verification of a backup or the usage ledger that measured it.
 */
export type TermOrigin =
  | Origin
  | ({ readonly kind: "citation" } & Source)
  | { readonly kind: "assumption"; readonly why: string }
  | { readonly kind: "measurement"; readonly drill: string; readonly at: number }
  /** The verification of a backup, which restores it. */
  | { readonly kind: "verification"; readonly backup: string; readonly at: number }
  /** Requests that arrived from `from` on (epoch milliseconds) during `duration`, as the usage ledger has them. */
  | { readonly kind: "ledger"; readonly requests: number; readonly from: number; readonly duration: Milliseconds };
