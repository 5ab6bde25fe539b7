import { readFile } from "node:fs/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Plan } from "../../plan/plan.js";

const LIST_FIELDS = [
  "regions",
  "units",
  "models",
  "stores",
  "edges",
  "entrances",
  "secrets",
  "pools",
  "access",
] as const;
const OBJECT_FIELDS = ["objectives", "security", "observe", "delivery", "cluster", "image", "origins"] as const;

/**
 * Whether `value` has the top-level fields of a Plan. Their contents are trusted: the file is written by `keelson plan --json`
 * or rendered by a target, never by hand, and read by the same version of the program.
 */
function isPlan(value: unknown): value is Plan {
  if (typeof value !== "object" || value === null) return false;
  const entries = new Map<string, unknown>(Object.entries(value));
  return (
    typeof entries.get("platform") === "string" &&
    typeof entries.get("environment") === "string" &&
    LIST_FIELDS.every((name) => Array.isArray(entries.get(name))) &&
    OBJECT_FIELDS.every((name) => typeof entries.get(name) === "object" && entries.get(name) !== null)
  );
}

/** Reads a Plan from a JSON file. Throws `plan/unreadable` and `plan/not-a-plan`. */
export async function readPlanFile(file: string): Promise<Plan> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new KeelsonError("plan/unreadable", `cannot read the plan ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (!isPlan(value)) {
    throw new KeelsonError("plan/not-a-plan", `${file} is JSON, but not a plan`);
  }
  return value;
}
