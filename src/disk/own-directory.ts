import { join, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import { readdirIfPresent, statIfPresent } from "./read.js";

/** How a directory of Keelson is recognised. */
export interface Kind {
  /** Paths below it that only Keelson creates; one of them is enough. */
  readonly marks: readonly string[];
  /** Names that may exist without a mark: after an interrupted first start, or in a volume just mounted. */
  readonly known: RegExp;
}

/**
 * Throws `data/foreign` if a directory contains files that Keelson did not create, so that nothing is created among them or
 * deleted with them later. A directory that is new, empty or of an earlier version is accepted.
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
    `${resolve(directory)} contains files that Keelson did not create: ${shown.join(", ")}`,
  );
}
