import type { Diagnostic, ScopedEdit } from "../platform-file/diagnostic.js";
import type { Concern } from "./concern.js";

/** A place of the platform file. */
export type Place = Pick<Diagnostic<string>, "origin" | "path">;

/** A problem that a rule reports at one place of the file, for one or more environments. */
export interface Finding extends Diagnostic<string> {
  readonly environments: readonly string[];
  /** The other places of the same cause, in order. */
  readonly alsoAt?: readonly Place[];
  /** The promises that are not kept for this reason. */
  readonly concerns?: readonly Concern[];
  readonly fix?: readonly ScopedEdit[];
  /** Whether `check --fix` applies the fix. */
  readonly safe: boolean;
}
