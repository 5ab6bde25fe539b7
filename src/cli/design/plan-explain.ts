import { explain } from "../../plan/explain.js";
import type { Origin, Plan } from "../../plan/plan.js";
import { joinPath } from "../../platform-file/path.js";
import type { EnvironmentSettings } from "../../platform-file/platform.js";
import type { Tree } from "../../platform-file/tree.js";
import type { Colours } from "../terminal/colours.js";
import { table } from "../terminal/table.js";

/** One line of `plan --explain`. */
export interface Explained {
  readonly path: string;
  /** The scalar in the notation of the file; undefined for mappings and lists. */
  readonly value?: string | undefined;
  readonly origin: Origin;
}

/** The origin of every value at and below a path, with the value in the file at that origin. */
export function explanations(plan: Plan, written: EnvironmentSettings | undefined, path: string): Explained[] {
  const configured = written ? scalars(written.tree) : new Map<string, string>();
  // An inherited value is written where it is inherited from.
  const writtenAt = (at: string) => configured.get(at) ?? configured.get(plan.origins[at]?.inheritedFrom ?? "");
  return explain(plan, path).map(({ path: at, origin }) => {
    const value = origin.kind === "default" ? origin.value : writtenAt(at);
    return { path: at, ...(value === undefined ? {} : { value }), origin };
  });
}

/** Every scalar of the file by its path. */
function scalars(tree: Tree, path = "", found = new Map<string, string>()): Map<string, string> {
  if (tree.kind === "scalar") found.set(path, String(tree.value));
  else if (tree.kind === "sequence")
    for (const [index, item] of tree.items.entries()) scalars(item, joinPath(path, index), found);
  else for (const [key, { value }] of tree.entries) scalars(value, joinPath(path, key), found);
  return found;
}

/** Path, value and origin: a line of the file, an environment, or a default with its reason. */
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
