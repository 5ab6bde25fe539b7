import type { Finding, PlacedEdit } from "./finding.js";
import { brokenBy, edited, kept, type Planned } from "./safety.js";

/** A platform file with its safe fixes applied, and which findings they belong to. */
export interface Fixed {
  readonly text: string;
  readonly applied: readonly Finding[];
}

/**
 * Applies every safe fix that leaves all promises kept that were kept, together with those applied before it. Two
 * findings that would write the same place are not mixed: the first, by place in the file, is applied, and the other
 * shows again when the file is checked anew.
 */
export function fixed(text: string, findings: readonly Finding[], planned: Planned): Fixed {
  const before = kept(planned(text) ?? []);
  const taken: PlacedEdit[] = [];
  const applied: Finding[] = [];
  let result = text;
  for (const finding of findings) {
    const { safe, fix } = finding;
    if (!safe || !fix) continue;
    if (fix.some((edit) => taken.some((other) => overlap(edit, other)))) continue;
    const next = edited(result, fix);
    if (next === undefined || brokenBy(before, next, planned).length > 0) continue;
    result = next;
    taken.push(...fix);
    applied.push(finding);
  }
  return { text: result, applied };
}

function overlap(a: PlacedEdit, b: PlacedEdit): boolean {
  return a.environment === b.environment && (within(a.path, b.path) || within(b.path, a.path));
}

function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}
