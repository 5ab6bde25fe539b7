import type { Origin, Plan } from "../plan/plan.js";
import { canonicalJson, contentHash } from "./canonical.js";

/** The Plan as the units read it, and a hash of what they act on. */
export interface PlanDocument {
  readonly text: string;
  /**
   * Ten hexadecimal digits over everything but the origins and the patches: a comment added to the platform file moves
   * lines, a patch is in the patched object itself, and neither may restart what it does not touch.
   */
  readonly hash: string;
}

/** Where units find it, on every target. */
export const planFile = "/etc/keelson/plan.json";

/** Writes the Plan down with the same bytes on every machine: origins keep their file's name, not its folder. */
export function planDocument(plan: Plan): PlanDocument {
  const { origins, ...decided } = plan;
  const portable = Object.fromEntries(Object.entries(origins).map(([path, origin]) => [path, withoutFolder(origin)]));
  return {
    text: `${canonicalJson({ ...decided, origins: portable })}\n`,
    hash: contentHash(
      canonicalJson(
        {
          ...decided,
          units: decided.units.map(withoutPatches),
          stores: decided.stores.map(withoutPatches),
          entrances: decided.entrances.map(withoutPatches),
        },
        0,
      ),
      10,
    ),
  };
}

function withoutPatches(element: { readonly patches: unknown }): object {
  return { ...element, patches: [] };
}

function withoutFolder(origin: Origin): Origin {
  return { ...origin, file: origin.file.slice(origin.file.lastIndexOf("/") + 1) };
}
