import type { Mapping, Scalar, Sequence, Tree } from "./tree.js";

/** What each word of `spread` stands for. */
export const SPREAD_WORDS = {
  zones: { zones: "require" },
  nodes: { zones: "none", nodes: "require" },
  none: { zones: "none", nodes: "none" },
} as const;

/** Keys whose value alone stands for a mapping with that value under one key: `rto: 15m` is `rto: { default: 15m }`. */
const ONE_KEY: Readonly<Record<string, string>> = {
  objectives: "policy",
  rto: "default",
  rpo: "default",
  expose: "path",
  metrics: "path",
  tls: "issuer",
};

/**
 * The mapping that a value under `key` abbreviates, so that a mapping can be merged over it without losing what the value states;
 * undefined if it abbreviates none. Parts keep the place of the value.
 */
export function spelledOut(key: string, value: Tree): Mapping | undefined {
  if (value.kind === "mapping" || isWord(value, false) || isWord(value, true)) return undefined;
  if (key === "spread") return spreadOf(value);
  const member = Object.hasOwn(ONE_KEY, key) ? ONE_KEY[key] : undefined;
  // `objectives: none` names no policy.
  if (member === undefined || (key === "objectives" && isWord(value, "none"))) return undefined;
  return mappingOf(value, [[member, value]]);
}

function spreadOf(value: Scalar | Sequence): Mapping | undefined {
  const words: Readonly<Record<string, Readonly<Record<string, string>>>> = SPREAD_WORDS;
  const word = value.kind === "scalar" ? String(value.value) : "";
  const parts = Object.hasOwn(words, word) ? words[word] : undefined;
  return (
    parts &&
    mappingOf(
      value,
      Object.entries(parts).map(([key, part]) => [key, { kind: "scalar", place: value.place, value: part }]),
    )
  );
}

function mappingOf({ place }: Tree, entries: readonly (readonly [string, Tree])[]): Mapping {
  return { kind: "mapping", place, entries: new Map(entries.map(([key, value]) => [key, { key: place, value }])) };
}

function isWord(tree: Tree, word: string | boolean): boolean {
  return tree.kind === "scalar" && tree.value === word;
}
