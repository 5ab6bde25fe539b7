import type { ScopedEdit } from "../platform-file/diagnostic.js";
import { isWithin } from "../platform-file/path.js";
import type { Finding } from "./finding.js";
import { keptPromises, type MakePlans, promisesBrokenBy, withEdits } from "./verify-fixes.js";

/** A platform file with its safe fixes applied, and the findings that they solve. */
export interface FixedFile {
  readonly text: string;
  readonly applied: readonly Finding[];
}

/**
 * Applies every safe fix after which all kept promises are still kept, each on top of those before it. Of two fixes that
 * change the same place only the first, by place in the file, is applied; the next check reports the other again.
 */
export function applySafeFixes(text: string, findings: readonly Finding[], makePlans: MakePlans): FixedFile {
  const before = keptPromises(makePlans(text) ?? []);
  const edits: ScopedEdit[] = [];
  const applied: Finding[] = [];
  let result = text;
  for (const finding of findings) {
    const { safe, fix } = finding;
    if (!safe || !fix) continue;
    if (fix.some((edit) => edits.some((other) => overlap(edit, other)))) continue;
    const next = withEdits(result, fix);
    if (next === undefined || promisesBrokenBy(before, next, makePlans).length > 0) continue;
    result = next;
    edits.push(...fix);
    applied.push(finding);
  }
  return { text: result, applied };
}

function overlap(a: ScopedEdit, b: ScopedEdit): boolean {
  return a.environment === b.environment && (isWithin(a.path, b.path) || isWithin(b.path, a.path));
}
