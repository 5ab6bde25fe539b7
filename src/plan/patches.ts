import type { Scope } from "./origin.js";
import type { Patch } from "./plan.js";

/** The patches of an element, one for each target. */
export function planPatches(
  scope: Scope,
  input: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined,
): Patch[] {
  return Object.entries(input ?? {}).map(([target, fragment]) => ({
    target,
    path: scope.pathOf("patch", target),
    fragment,
  }));
}
