import { createHash } from "node:crypto";
import { safeJson } from "../errors/terminal-text.js";
import type { Plan } from "./plan.js";

/** SHA-256, in hexadecimal, of the plan as `keelson plan --json` prints it. */
export function planDigest(plan: Plan): string {
  return createHash("sha256")
    .update(`${safeJson(plan, 2)}\n`)
    .digest("hex");
}
