import type { Scope } from "./origin.js";
import type { Patch } from "./plan.js";

/** Fragments for single targets, each with its own place. */
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
