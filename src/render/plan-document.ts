import type { Origin, Path, Plan } from "../plan/plan.js";
import { promiseSheet } from "../promises/sheet.js";
import { canonicalJson, contentHash } from "./canonical.js";

/** The Plan as JSON for Keelson's modules in a container, and a hash of the fields that change their behaviour. */
export interface PlanDocument {
  readonly text: string;
  /**
   * Ten hexadecimal digits of a SHA-256 over everything except origins and patches. Neither may restart unrelated pods: a
   * new comment in the platform file changes the line numbers in origins, and a patch is part of the object that it patches.
   */
  readonly hash: string;
}

/** Path of the plan in containers, on every target. */
export const PLAN_FILE = "/etc/keelson/plan.json";

/** Why a value is what it is, without its position: a new comment in the platform file moves positions. */
export type Reason = OmitPosition<Origin>;
type OmitPosition<Kind> = Kind extends Origin ? Omit<Kind, "line" | "column"> : never;

/** A Plan without origins, and with the reasons that the promise sheet shows. */
export type DeployedPlan = Omit<Plan, "origins"> & { readonly reasons: Readonly<Record<Path, Reason>> };

/** Serialises a Plan to the same bytes on every machine, and for every layout and comment of the platform file. */
export function planDocument(plan: Plan): PlanDocument {
  const { origins: _, ...decided } = plan;
  return {
    text: lineByLine({ ...decided, reasons: reasonsOfPromises(plan) }),
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

/** The Plan of a document: its origins have no position. */
export function planOfDocument({ reasons, ...decided }: DeployedPlan): Plan {
  const origins = Object.entries(reasons).map(([path, reason]) => [path, { ...reason, line: 0, column: 0 }] as const);
  return { ...decided, origins: Object.fromEntries(origins) };
}

/**
 * The reasons that the promise sheet reads; the dashboard shows them beside each term. At run time nothing else reads
 * origins, which are three quarters of a Plan, and a ConfigMap is limited to 1 MiB.
 */
function reasonsOfPromises(plan: Plan): DeployedPlan["reasons"] {
  const read: Record<string, Reason> = {};
  const record = (path: string | symbol) => {
    const origin = typeof path === "string" ? plan.origins[path] : undefined;
    if (typeof path === "string" && origin !== undefined) read[path] = withoutPosition(origin);
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

/** Compact JSON with one line per element, so that a diff shows the elements that changed. */
function lineByLine(plan: DeployedPlan): string {
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

/** With the name of the file, without its folder. */
function withoutPosition({ line: _, column: __, ...origin }: Origin): Reason {
  return { ...origin, file: origin.file.slice(origin.file.lastIndexOf("/") + 1) };
}
