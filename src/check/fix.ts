import { applyEdits } from "../spec/edit.js";
import type { Finding, PlacedEdit } from "./finding.js";

/** A platform file with its safe fixes applied, and which findings they belong to. */
export interface Fixed {
  readonly text: string;
  readonly applied: readonly Finding[];
}

/**
 * Applies every safe fix. Two findings that would write the same place are not mixed: the first, by place in the file,
 * is applied, and the other shows again when the file is checked anew.
 */
export function fixed(text: string, findings: readonly Finding[]): Fixed {
  const taken: PlacedEdit[] = [];
  const applied: Finding[] = [];
  for (const finding of findings) {
    if (!finding.safe || !finding.fix) continue;
    if (finding.fix.some((edit) => taken.some((other) => overlap(edit, other)))) continue;
    taken.push(...finding.fix);
    applied.push(finding);
  }
  let result = text;
  for (const { environment, ...edit } of taken) result = applyEdits(result, [edit], environment);
  return { text: result, applied };
}

function overlap(a: PlacedEdit, b: PlacedEdit): boolean {
  return a.environment === b.environment && (within(a.path, b.path) || within(b.path, a.path));
}

function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}
