import type { Path, Plan } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import type { PromiseSheet } from "../promises/sheet.js";

export type Severity = "error" | "warning" | "note";

/** One thing that a design can get wrong. Pure: it sees the plan and the promises made from it, and says what it found. */
export interface Rule {
  /** `group/name`, as printed, filtered by `--rule` and documented in docs/checks.md. */
  readonly code: string;
  readonly severity: Severity;
  /** What it finds, in one line. */
  readonly summary: string;
  /** Why that matters, for whoever meets the rule for the first time. */
  readonly help: string;
  check(plan: Plan, report: Report, sheet: PromiseSheet): void;
}

/** A cell of the promise sheet, or the availability through one door (which no one fault decides). */
export interface Concern {
  readonly fault?: string;
  readonly subject: string;
  readonly of: "rto" | "rpo" | "availability";
}

export type Report = (at: Path, found: Found) => void;

export interface Found {
  /** The promises that are not kept for this reason, as far as there are any: what shows the sheet shows the advice there. */
  readonly concerns?: readonly Concern[];
  /** The numbers of this case, in one sentence. */
  readonly why: string;
  /** What to do about it. */
  readonly advice: string;
  readonly fix?: Fix;
  /** When this case is milder (or worse) than the rule's usual one. */
  readonly severity?: Severity;
}

/**
 * Edits of the platform file. Safe means that `check --fix` may apply them unasked: nothing is destroyed, no more is
 * opened, no running replica is added, and no caller sees a difference.
 */
export interface Fix {
  readonly edits: readonly Edit[];
  readonly safe: boolean;
}

export function defineRule(rule: Rule): Rule {
  return rule;
}
