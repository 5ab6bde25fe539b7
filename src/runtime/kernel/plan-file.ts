import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Plan } from "../../plan/plan.js";
import { type DeployedPlan, planOfDocument } from "../../render/plan-document.js";

const decompress = promisify(gunzip);

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
const OBJECT_FIELDS = ["objectives", "security", "observe", "delivery", "cluster", "image"] as const;

/**
 * Whether `value` has the top-level fields of a Plan. Their contents are trusted: the file is written by `keelson plan --json`
 * or rendered by a target, never by hand, and read by the same version of the program.
 */
function isPlan(value: unknown): value is Plan {
  return hasPlanFields(value, "origins");
}

function isDeployedPlan(value: unknown): value is DeployedPlan {
  return hasPlanFields(value, "reasons");
}

function hasPlanFields(value: unknown, provenance: "origins" | "reasons"): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = new Map<string, unknown>(Object.entries(value));
  return (
    typeof entries.get("platform") === "string" &&
    typeof entries.get("environment") === "string" &&
    LIST_FIELDS.every((name) => Array.isArray(entries.get(name))) &&
    [...OBJECT_FIELDS, provenance].every((name) => typeof entries.get(name) === "object" && entries.get(name) !== null)
  );
}

/** The first bytes of a gzip member (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/**
 * Reads a Plan from a JSON file, as `keelson plan --json` writes it or as a target renders it, which compresses a large one.
 * Throws `plan/unreadable` and `plan/not-a-plan`.
 */
export async function readPlanFile(file: string): Promise<Plan> {
  let value: unknown;
  try {
    const content = await readFile(file);
    const isCompressed = GZIP.every((byte, index) => content[index] === byte);
    value = JSON.parse((isCompressed ? await decompress(content) : content).toString("utf8"));
  } catch (error) {
    throw new KeelsonError("plan/unreadable", `cannot read the plan ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (isDeployedPlan(value)) return planOfDocument(value);
  if (!isPlan(value)) {
    throw new KeelsonError("plan/not-a-plan", `${file} is JSON, but not a plan`);
  }
  return value;
}
