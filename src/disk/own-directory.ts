import { join, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { readdirIfPresent, statIfPresent } from "./read.js";

/** How a directory that Keelson filled is told from somebody's own. */
export interface Kind {
  /** Paths below it that nobody else makes; one is enough. */
  readonly marks: readonly string[];
  /** What may lie in it before there is a mark: a start that went no further, a volume just mounted. */
  readonly known: RegExp;
}

/**
 * Throws `data/foreign` where a directory holds files that are not Keelson's: nothing is made among those, nor removed with
 * them later. One that is new, empty or of any earlier version passes.
 */
export async function requireOwnDirectory(directory: string, { marks, known }: Kind): Promise<void> {
  // A missing directory, or a file in its place, is reported by the caller that creates something in it.
  const entries = (await readdirIfPresent(directory)) ?? [];
  const foreign = entries
    .map(({ name }) => name)
    .filter((name) => !known.test(name))
    .sort();
  if (foreign.length === 0) return;
  for (const mark of marks) if (await statIfPresent(join(directory, mark))) return;
  const shown = foreign.length > 3 ? [...foreign.slice(0, 3), "…"] : foreign;
  throw new KeelsonError(
    "data/foreign",
    `${resolve(directory)} holds files that are not Keelson's: ${shown.join(", ")}`,
  );
}
