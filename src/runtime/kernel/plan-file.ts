import { readFile } from "node:fs/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Plan } from "../../plan/plan.js";

const lists = ["regions", "units", "models", "stores", "edges", "entrances", "secrets", "pools", "access"] as const;
const records = ["objectives", "security", "observe", "delivery", "cluster", "image", "origins"] as const;

/**
 * Whether `value` has the frame of a Plan. The inside is trusted: the file is written by `keelson plan --json` (or rendered
 * with it), never by a person, and one version of the program writes and reads it.
 */
function isPlan(value: unknown): value is Plan {
  if (typeof value !== "object" || value === null) return false;
  const entries = new Map<string, unknown>(Object.entries(value));
  return (
    typeof entries.get("platform") === "string" &&
    typeof entries.get("environment") === "string" &&
    lists.every((name) => Array.isArray(entries.get(name))) &&
    records.every((name) => typeof entries.get(name) === "object" && entries.get(name) !== null)
  );
}

/** Reads a Plan that was written as JSON. Absent optional values come back as undefined, as they were. */
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
