import type { ScopedEdit } from "../../platform-file/diagnostic.js";

/** A set of edits with which every promise is kept, as the sheet of the edited file proves. */
export interface Suggestion {
  readonly steps: readonly SuggestedStep[];
  /** The edited file. */
  readonly text: string;
  /** What the platform needs in addition, over all environments: the cost. */
  readonly added: { readonly nodes: number; readonly replicas: number; readonly cpuMillicores: number };
  /** Number of promises that the edited file makes no more. */
  readonly withdrawn: number;
  /** Number of promises that it still makes with a longer time, or with less availability. */
  readonly relaxed: number;
}

export interface SuggestedStep {
  /** `design` changes what runs; `promise` changes what is promised. */
  readonly kind: "design" | "promise";
  readonly advice: string;
  readonly edits: readonly ScopedEdit[];
}

export interface Suggestions {
  /** Number of promises that are not kept. */
  readonly unkept: number;
  readonly suggestions: readonly Suggestion[];
  /** Promises that no known edit keeps: `RTO of orders in database-loss (production): …`. Empty if there is a suggestion. */
  readonly unsolved: readonly string[];
}
