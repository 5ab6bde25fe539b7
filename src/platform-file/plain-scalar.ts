import type { Scalar } from "./tree.js";

/**
 * An unquoted scalar as YAML 1.2 resolves it, with one exception: a number that JavaScript would format differently (1.30,
 * 0x50, 1_000) stays text, so that version 1.30 does not become 1.3.
 */
export function plainScalar(text: string): Scalar["value"] {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  return /^-?\d/.test(text) && String(Number(text)) === text ? Number(text) : text;
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);
