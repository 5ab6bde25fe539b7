import type { z } from "zod";
import type { Segment } from "../path.js";
import { nearest, type Tree } from "../tree.js";

export type Issue = z.core.$ZodIssue;

/** An issue of the schema with its full path. */
export interface Located {
  readonly issue: Issue;
  readonly path: readonly Segment[];
}

/** Cost of a form that accepts another type of value. */
const ANOTHER_TYPE = 1000;
/** Cost of a form of which a required key is missing. */
const MISSING_KEY = 10;

/** A union reports the issues of each of its forms. Returns those of the form with the lowest cost, the most likely intention. */
export function flatten(issue: Issue, above: readonly Segment[], tree: Tree): Located[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ issue, path }];
  const forms = issue.errors.map((form) => form.flatMap((inner) => flatten(inner, path, tree)));
  const ranked = forms
    .map((form) => ({ form, cost: form.reduce((sum, located) => sum + cost(located, path, tree), 0) }))
    .sort((a, b) => a.cost - b.cost);
  const [best] = ranked;
  // A union with its own message (which kind of store?) reports it if even the best form lacks a required key.
  const ownMessage = !issue.message.startsWith("Invalid") && (best?.cost ?? 0) >= MISSING_KEY;
  if (!best || best.cost >= ANOTHER_TYPE || ownMessage) return [{ issue, path }];
  return best.form;
}

/** Distance between a form and the value in the file. */
function cost({ issue, path }: Located, at: readonly Segment[], tree: Tree): number {
  if (path.length === at.length && (issue.code === "invalid_type" || issue.code === "invalid_value"))
    return ANOTHER_TYPE;
  if (path.length === at.length && issue.code === "invalid_union") return ANOTHER_TYPE;
  if (issue.code === "unrecognized_keys") return issue.keys.length;
  if (path.length === at.length + 1 && !nearest(tree, path).exact) return MISSING_KEY;
  return 1;
}
