import type { Path } from "../plan/plan.js";

/** A message for the user about one declaration of the platform file, with its path. */
export interface Note {
  readonly path: Path;
  readonly message: string;
}
