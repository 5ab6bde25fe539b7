import { explain } from "../plan/explain.js";
import type { Origin, Plan } from "../plan/plan.js";
import { joinPath } from "../platform-file/path.js";
import type { EnvironmentSettings } from "../platform-file/platform.js";
import type { Tree } from "../platform-file/tree.js";
import type { Colours } from "./colours.js";
import { table } from "./table.js";

/** One line of `plan --explain`. */
export interface Explained {
  readonly path: string;
  /** As the file writes it (for a default: as one would write it), when it is a single value. */
  readonly value?: string | undefined;
  readonly origin: Origin;
}

/** Where every value at and below a path came from, with the value that stands at that place. */
export function explanations(plan: Plan, written: EnvironmentSettings | undefined, path: string): Explained[] {
  const said = written ? scalars(written.tree) : new Map<string, string>();
  const values = new Map<Origin, string>();
  // An inherited value shares its origin with the one that it is inherited from.
  for (const [at, origin] of Object.entries(plan.origins)) {
    const value = said.get(at);
    if (value !== undefined) values.set(origin, value);
  }
  return explain(plan, path).map(({ path: at, origin }) => {
    const value = origin.kind === "default" ? origin.value : (said.get(at) ?? values.get(origin));
    return { path: at, ...(value === undefined ? {} : { value }), origin };
  });
}

/** Every single value that the file writes, by its path. */
function scalars(tree: Tree, path = "", found = new Map<string, string>()): Map<string, string> {
  if (tree.kind === "scalar") found.set(path, String(tree.value));
  else if (tree.kind === "sequence")
    for (const [index, item] of tree.items.entries()) scalars(item, joinPath(path, index), found);
  else for (const [key, { value }] of tree.entries) scalars(value, joinPath(path, key), found);
  return found;
}

/** Path, value, and where from: a line of the file, an environment, or a default with its reason. */
export function explanationTable(explained: readonly Explained[], colours: Colours): string {
  return table(
    explained.map(({ path, value, origin }) => [path, colours.bold(value ?? ""), from(origin, colours)]),
    "",
  );
}

function from(origin: Origin, colours: Colours): string {
  const place = origin.line > 0 ? `${origin.file}:${origin.line}:${origin.column}` : origin.file;
  if (origin.kind === "file") return place;
  if (origin.kind === "environment") return `${place} (environment ${origin.environment})`;
  return colours.dim(`default: ${origin.why}`);
}
