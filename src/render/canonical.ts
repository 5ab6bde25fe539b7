import { createHash } from "node:crypto";

/** JSON with the keys of every object in alphabetical order: equal data is serialised to equal bytes. */
export function canonicalJson(value: unknown, indent = 2): string {
  return JSON.stringify(sorted(value), undefined, indent);
}

/** The first `length` hexadecimal digits of the text's SHA-256. */
export function contentHash(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** The same data with the keys of every object in alphabetical order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([key, nested]) => [key, sorted(nested)]),
  );
}
