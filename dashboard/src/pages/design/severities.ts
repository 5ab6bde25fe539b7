import type { DesignFinding } from "../../api/design.js";
import { plural } from "../../format.js";
import type { VerdictTone } from "../../shell/state-mark.js";

type Severity = DesignFinding["severity"];

/** The worst first. */
export const severities: readonly Severity[] = ["error", "warning", "note"];

export const tones: Readonly<Record<Severity, VerdictTone>> = { error: "broken", warning: "warning", note: "quiet" };

/** Findings with the worst first, those of one severity in the order of the file. */
export function worstFirst(findings: readonly DesignFinding[]): readonly DesignFinding[] {
  return severities.flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity).toSorted((one, other) => one.at.line - other.at.line),
  );
}

/** `34 errors, 3 warnings, 1 note`; `nothing found`. */
export function countFindings(findings: readonly DesignFinding[]): string {
  const counts = severities
    .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, number]) => number > 0);
  return counts.length === 0
    ? "nothing found"
    : counts.map(([severity, number]) => plural(number, severity)).join(", ");
}
