import type { Origin } from "../plan/plan.js";

/**
 * Where a term's duration comes from. A reader who doubts a number follows this: to a line of the platform file, to a
 * document of the component, to an assumption that is named as such, or to the drill that measured it.
 */
export type TermOrigin =
  | Origin
  | { readonly kind: "citation"; readonly source: string }
  | { readonly kind: "assumption"; readonly why: string }
  | { readonly kind: "measurement"; readonly drill: string; readonly at: number };
