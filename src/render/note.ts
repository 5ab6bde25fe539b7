import type { Path } from "../plan/plan.js";

/** What the user must know about one declaration of the platform file, at its path. */
export interface Note {
  readonly path: Path;
  readonly message: string;
}
