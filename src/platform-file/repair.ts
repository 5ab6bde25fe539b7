import type { Diagnostic } from "./diagnostic.js";
import { diagnose } from "./issues/index.js";
import { validName } from "./issues/names.js";
import { isWithin, parsePath, type Segment } from "./path.js";
import { checkReferences } from "./references/index.js";
import { platformSettings } from "./schema/platform.js";
import type { Entry, Mapping, SourceMap, Tree } from "./tree.js";
import { plain } from "./tree.js";

/** Maximum number of rounds: each removes the errors found and reads the rest. */
const MAX_ROUNDS = 4;

/** With more errors than this, no further round is made. */
const MAX_ERRORS = 50;

/** Codes of reference checks that are valid even though parts of the file were removed. Others may be caused by the removal. */
const CERTAIN = new Set([
  "spec/unknown-reference",
  "spec/duplicate-name",
  "spec/self-call",
  "spec/cycle",
  "spec/missing-key",
]);

/**
 * All errors of a tree that the schema rejects: those that it reports, and those that they hide (values below an invalid name,
 * references of a file with an unknown key). Each round removes the invalid parts, until the rest is valid. Errors that are
 * only caused by the removal are not reported.
 */
export function everyError(
  tree: Mapping,
  refused: Parameters<typeof diagnose>[0],
  source: SourceMap,
  base: Mapping,
): Diagnostic[] {
  const errors: Diagnostic[] = [];
  const removed: string[] = [];
  let rest = tree;
  let issues = refused;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = diagnose(issues, rest, source, platformSettings);
    errors.push(...found.filter(({ path }) => !removed.some((other) => isWithin(other, path ?? ""))));
    if (found.length > MAX_ERRORS) break;
    for (const { code, path = "" } of found) {
      if (removed.includes(path)) continue;
      removed.push(path);
      rest = repaired(rest, code, parsePath(path));
    }
    const parsed = platformSettings.safeParse(plain(rest), { jitless: true });
    if (parsed.success) {
      const names = removed.map((path) => parsePath(path).at(-1));
      const mentioned = (message: string) => names.some((name) => message.includes(`\`${name}\``));
      const references = checkReferences(parsed.data, rest, source, base);
      // A missing key may have been removed in an earlier round.
      const isPartlyRemoved = (path = "") => removed.some((other) => isWithin(other, path));
      errors.push(
        ...references.filter(
          ({ code, message, path }) =>
            CERTAIN.has(code) && !mentioned(message) && !(code === "spec/missing-key" && isPartlyRemoved(path)),
        ),
      );
      break;
    }
    issues = parsed.error.issues;
  }
  return errors;
}

/** The tree without the value at the path. An invalid name is replaced by a valid one, so that the values below it are read. */
function repaired(tree: Mapping, code: string, path: readonly Segment[]): Mapping {
  const [first] = path;
  if (path.length === 1 && first === "platform") {
    const name: Entry = { key: tree.place, value: { kind: "scalar", place: tree.place, value: "unnamed" } };
    return { ...tree, entries: new Map(tree.entries).set("platform", name) };
  }
  const better = code === "spec/name" ? validName(String(path.at(-1))) : undefined;
  const above = code === "spec/missing-key" ? path.slice(0, -1) : path;
  const changed = without(tree, above, better);
  return changed.kind === "mapping" ? changed : tree;
}

function without(tree: Tree, path: readonly Segment[], better: string | undefined): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return tree;
  if (tree.kind === "sequence") {
    const item = tree.items[Number(step)];
    if (!item) return tree;
    const items = rest.length === 0 ? tree.items.toSpliced(Number(step), 1) : tree.items.slice();
    if (rest.length > 0) items[Number(step)] = without(item, rest, better);
    return { ...tree, items };
  }
  if (tree.kind !== "mapping") return tree;
  const entry = tree.entries.get(String(step));
  if (!entry) return tree;
  const entries = new Map(tree.entries);
  if (rest.length > 0) entries.set(String(step), { ...entry, value: without(entry.value, rest, better) });
  else {
    entries.delete(String(step));
    if (better !== undefined && !entries.has(better)) entries.set(better, entry);
  }
  return { ...tree, entries };
}
