import type { Plan } from "../plan/plan.js";
import { formatDuration } from "../platform-file/format.js";
import type { Note } from "./target.js";

/** Secrets whose values come from elsewhere, and how often they should change: both are a person's to do. */
export function secretNotes(plan: Plan): readonly Note[] {
  const stores = new Set(plan.stores.map(({ name }) => name));
  return plan.secrets.flatMap(({ name, path, keys, from, rotate }) => {
    if (stores.has(name)) return [];
    const asked = [
      ...(from === "generated" ? [] : [`provide its keys (${keys.join(", ")}) from ${sources[from]}`]),
      ...(rotate === undefined ? [] : [`change it every ${formatDuration(rotate)} by hand`]),
    ];
    return asked.length === 0 ? [] : [{ path, message: `secret ${name}: ${asked.join("; ")}` }];
  });
}

const sources = {
  file: "a file",
  sealed: "its sealed form",
  "aws-secrets-manager": "AWS Secrets Manager",
  "linode-secret-manager": "Linode's secret manager",
} as const;
