import type { Edit } from "../platform-file/diagnostic.js";

/** Edits as advice: `` `replicas: 2`, `spread: { nodes: require }` ``. */
export function formatEdits(edits: readonly Edit[]): string {
  return edits.map(({ path, value }) => `\`${path.split(".").at(-1)}: ${formatValue(value)}\``).join(", ");
}

function formatValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${formatValue(each)}`);
  return `{ ${entries.join(", ")} }`;
}
