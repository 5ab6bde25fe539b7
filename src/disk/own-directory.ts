import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { isSystemError } from "./disk-errors.js";
import { exists } from "./exists.js";

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
  const entries = await readdir(directory).catch((error: unknown) => {
    // Missing, no directory, not to be read: whoever makes something in it says so better.
    if (isSystemError(error)) return [];
    throw error;
  });
  const foreign = entries.filter((name) => !known.test(name)).sort();
  if (foreign.length === 0) return;
  for (const mark of marks) if (await exists(join(directory, mark))) return;
  const shown = foreign.length > 3 ? [...foreign.slice(0, 3), "…"] : foreign;
  throw new KeelsonError(
    "data/foreign",
    `${resolve(directory)} holds files that are not Keelson's: ${shown.join(", ")}`,
  );
}
