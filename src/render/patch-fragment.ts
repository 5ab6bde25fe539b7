import { KeelsonError } from "../errors/keelson-error.js";
import type { Patch } from "../plan/plan.js";
import { isFields } from "./strategic-merge.js";

/** The patches of the platform file for one target, in the order of the file. Throws `render/patch-unreadable`. */
export function fragmentsFor(target: string, patches: readonly Patch[]) {
  return patches
    .filter((patch) => patch.target === target)
    .map((patch) => {
      if (isFields(patch.fragment)) return { path: patch.path, fields: patch.fragment };
      throw new KeelsonError("render/patch-unreadable", `${patch.path}: a patch for ${target} must be a mapping`);
    });
}
