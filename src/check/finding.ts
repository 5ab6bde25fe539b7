import type { Diagnostic, Edit } from "../platform-file/diagnostic.js";
import type { Concern } from "./rule.js";

/** An edit, and the environment under whose differences it belongs; undefined edits the base. */
export interface PlacedEdit extends Edit {
  readonly environment: string | undefined;
}

/** What a rule found, at a place, in some environments. */
export interface Finding extends Diagnostic<string> {
  readonly environments: readonly string[];
  /** The promises that this finding says are not kept. */
  readonly concerns?: readonly Concern[];
  readonly fix?: readonly PlacedEdit[];
  /** Whether `check --fix` applies the fix unasked. */
  readonly safe: boolean;
}
