import type { Scope } from "./origin.js";
import type { Patch } from "./plan.js";

type Fragment = Readonly<Record<string, unknown>>;

/** The patches of an element, for each target one or several. */
export function planPatches(
  scope: Scope,
  input: Readonly<Record<string, Fragment | readonly Fragment[]>> | undefined,
): Patch[] {
  return Object.entries(input ?? {}).flatMap(([target, given]): Patch[] =>
    isList(given)
      ? given.map((fragment, index) => ({ target, path: scope.pathOf("patch", target, index), fragment }))
      : [{ target, path: scope.pathOf("patch", target), fragment: given }],
  );
}

function isList(given: Fragment | readonly Fragment[]): given is readonly Fragment[] {
  return Array.isArray(given);
}
