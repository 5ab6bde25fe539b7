import type { Diagnostic } from "./diagnostic.js";
import { diagnose, renamed } from "./issues.js";
import { parsePath, type Segment } from "./path.js";
import { checkReferences } from "./references/index.js";
import { platformSettings } from "./schema/platform.js";
import type { Entry, Mapping, SourceMap, Tree } from "./tree.js";
import { plain } from "./tree.js";

/** One error may hide the next this often before the rest waits for the next reading. */
const ROUNDS = 4;

/** A file with more errors than this has enough to tell already. */
const ENOUGH = 50;

/** What the references say that holds whatever else is wrong; the rest may be the fault of what was left out. */
const CERTAIN = new Set([
  "spec/unknown-reference",
  "spec/duplicate-name",
  "spec/self-call",
  "spec/cycle",
  "spec/missing-key",
]);

/**
 * Every error of a tree that the schema refuses: those that it names, and those that they hide (what stands under a
 * name that is no name, references of a file with a misspelt key). What is wrong is left out, round by round, until
 * the rest can be read; nothing is told that is only missing because it was left out.
 */
export function everyError(
  tree: Mapping,
  refused: Parameters<typeof diagnose>[0],
  source: SourceMap,
  base: Mapping,
): Diagnostic[] {
  const told: Diagnostic[] = [];
  const left: string[] = [];
  let rest = tree;
  let issues = refused;
  for (let round = 0; round < ROUNDS; round++) {
    const found = diagnose(issues, rest, source, platformSettings);
    told.push(...found.filter(({ path }) => !left.some((other) => isWithin(other, path ?? ""))));
    if (found.length > ENOUGH) break;
    for (const { code, path = "" } of found) {
      if (left.includes(path)) continue;
      left.push(path);
      rest = mended(rest, code, parsePath(path));
    }
    const parsed = platformSettings.safeParse(plain(rest), { jitless: true });
    if (parsed.success) {
      const names = left.map((path) => parsePath(path).at(-1));
      const mentioned = (message: string) => names.some((name) => message.includes(`\`${name}\``));
      const references = checkReferences(parsed.data, rest, source, base);
      // Something that lacks a key may have had it, wrongly written.
      const leftOf = (path = "") => left.some((other) => isWithin(other, path));
      told.push(
        ...references.filter(
          ({ code, message, path }) =>
            CERTAIN.has(code) && !mentioned(message) && !(code === "spec/missing-key" && leftOf(path)),
        ),
      );
      break;
    }
    issues = parsed.error.issues;
  }
  return told;
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
}

/** The tree without what is wrong at the path; a name that is none is replaced, so that what stands under it is read. */
function mended(tree: Mapping, code: string, path: readonly Segment[]): Mapping {
  const [first] = path;
  if (path.length === 1 && first === "platform") {
    const name: Entry = { key: tree.place, value: { kind: "scalar", place: tree.place, value: "unnamed" } };
    return { ...tree, entries: new Map(tree.entries).set("platform", name) };
  }
  const better = code === "spec/name" ? renamed(String(path.at(-1))) : undefined;
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
