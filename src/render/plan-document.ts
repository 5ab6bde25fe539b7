import type { Origin, Plan } from "../plan/plan.js";
import { promiseSheet } from "../promises/sheet.js";
import { canonicalJson, contentHash } from "./canonical.js";

/** The Plan as Keelson's modules read it in a container, and a hash of what they act on. */
export interface PlanDocument {
  readonly text: string;
  /**
   * Ten hexadecimal digits over everything except the origins and the patches: a comment added to the platform file moves
   * lines, a patch is in the patched object itself, and neither may restart pods that it does not change.
   */
  readonly hash: string;
}

/** Where containers find it, on every target. */
export const planFile = "/etc/keelson/plan.json";

/** Writes the Plan with the same bytes on every machine: origins have their file's name, not its folder. */
export function planDocument(plan: Plan): PlanDocument {
  const { origins, ...decided } = plan;
  const deployed = Object.entries(originsOfPromises(plan)).map(
    ([path, origin]) => [path, withoutFolder(origin)] as const,
  );
  return {
    text: lineByLine({ ...decided, origins: Object.fromEntries(deployed) }),
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

/**
 * The origins that the promise sheet reads: the dashboard shows the line of the file beside each term. Nothing else reads
 * origins at run time, and all of them are three quarters of a Plan.
 */
function originsOfPromises(plan: Plan): Plan["origins"] {
  const read: Record<string, Origin> = {};
  const record = (path: string | symbol) => {
    const origin = typeof path === "string" ? plan.origins[path] : undefined;
    if (typeof path === "string" && origin !== undefined) read[path] = origin;
    return origin;
  };
  const origins = new Proxy(plan.origins, {
    get: (_, path) => record(path),
    getOwnPropertyDescriptor: (target, path) => {
      record(path);
      return Reflect.getOwnPropertyDescriptor(target, path);
    },
  });
  promiseSheet({ ...plan, origins }, []);
  return read;
}

/** Compact JSON with a line for each element, so that a difference shows the elements that changed. */
function lineByLine(plan: Plan): string {
  const fields = Object.entries(plan)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return `{\n${fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${elements(value)}`).join(",\n")}\n}\n`;
}

function elements(value: unknown): string {
  if (Array.isArray(value) && value.length > 0)
    return `[\n${value.map((element) => `    ${canonicalJson(element, 0)}`).join(",\n")}\n  ]`;
  return canonicalJson(value, 0);
}

function withoutPatches(element: { readonly patches: unknown }): object {
  return { ...element, patches: [] };
}

function withoutFolder(origin: Origin): Origin {
  return { ...origin, file: origin.file.slice(origin.file.lastIndexOf("/") + 1) };
}
