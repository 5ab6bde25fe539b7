import type { Path } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import type { Concern } from "./concern.js";
import type { CheckContext } from "./context.js";

export type Severity = "error" | "warning" | "note";

/** One kind of design error. Pure: a rule reads the plan and its promise sheet, and reports what it finds. */
export interface Rule {
  /** `group/name`: printed with a finding, selected by `--rule`, described in docs/checks.md. */
  readonly code: string;
  readonly severity: Severity;
  /** What it finds, in one line. */
  readonly summary: string;
  /** Why it matters, for a reader who does not know the rule. */
  readonly help: string;
  readonly check: (context: CheckContext, report: Report) => void;
}

/** Reports a problem at a path of the platform file. */
export type Report = (at: Path, found: Found) => void;

export interface Found {
  /** The promises that are not kept for this reason, if any. The dashboard shows the advice beside them. */
  readonly concerns?: readonly Concern[];
  /** The problem with its numbers, in one sentence. */
  readonly why: string;
  /** How to solve it. */
  readonly advice: string;
  readonly fix?: Fix;
  /** If this case is less (or more) severe than the rule's default. */
  readonly severity?: Severity;
}

/**
 * Edits of the platform file. A fix is safe if `check --fix` may apply it: it deletes nothing, opens no access, adds no
 * running replica, and does not change what callers see.
 */
export interface Fix {
  readonly edits: readonly Edit[];
  readonly safe: boolean;
}

export function defineRule(rule: Rule): Rule {
  return rule;
}
