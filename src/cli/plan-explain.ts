import { explain } from "../plan/explain.js";
import type { Origin, Plan } from "../plan/plan.js";
import { parsePath } from "../spec/path.js";
import type { EnvironmentSettings } from "../spec/platform.js";
import { nearest } from "../spec/tree.js";
import type { Colours } from "./colours.js";
import { table } from "./table.js";

/** One line of `plan --explain`. */
export interface Explained {
  readonly path: string;
  /** As the file writes it (for a default: as one would write it), when it is a single value. */
  readonly value?: string | undefined;
  readonly origin: Origin;
}

/** Where every value at and below a path came from. */
export function explanations(plan: Plan, written: EnvironmentSettings | undefined, path: string): Explained[] {
  return explain(plan, path).map(({ path: at, origin }) => {
    const value = origin.kind === "default" ? origin.value : writtenAt(written, at);
    return { path: at, ...(value === undefined ? {} : { value }), origin };
  });
}

/** The single value that the file writes at a path; undefined where it writes a mapping or a list. */
function writtenAt(written: EnvironmentSettings | undefined, path: string): string | undefined {
  const found = written && nearest(written.tree, parsePath(path));
  return found?.exact && found.value.kind === "scalar" ? String(found.value.value) : undefined;
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
