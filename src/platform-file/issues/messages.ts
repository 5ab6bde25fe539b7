import { shown } from "../format.js";
import type { Segment } from "../path.js";
import { storeKindHint } from "../schema/stores.js";
import { suggest } from "../suggest.js";
import { plain, type Tree } from "../tree.js";
import type { Issue } from "./forms.js";
import { EQUIVALENTS, SYNONYMS } from "./vocabulary.js";

/** Hint that shows a single value as a list. A command line is split at its spaces. */
export function asList(value: Tree, key: Segment | undefined): string | undefined {
  if (value.kind !== "scalar" || value.value === null) return undefined;
  const text = String(value.value);
  if (text.length > 60) return "write it as a list: `[…, …]`";
  if (key !== "command") return `write it as a list: [${text}]`;
  // Quotes and pipes need a shell.
  const words = /[^\w\s./:=@,+-]/.test(text) ? ["sh", "-c", text] : text.split(/\s+/).filter((word) => word !== "");
  return `write it as a list: [${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/** Message and hint for a value that is not in an enumeration. */
export function enumeration(
  issue: Extract<Issue, { code: "invalid_value" }>,
  value: Tree,
  key: Segment | undefined,
): [string, string | undefined] {
  const known = issue.values.map(String);
  const given = value.kind === "scalar" ? String(value.value) : "";
  if (value.kind !== "scalar") return [`expected one of ${known.join(", ")}, found ${found(value)}`, undefined];
  if (known.includes(given)) return [`${shown(given)} must be text here`, `quote it: "${given}"`];
  const message = `${shown(value.value)} is not one of ${known.join(", ")}`;
  const equivalent = EQUIVALENTS.get(String(key))?.get(given.toLowerCase());
  if (equivalent !== undefined) return [message, equivalent];
  const near = SYNONYMS.get(String(key))?.get(given.toLowerCase()) ?? suggest(given, known);
  return [message, near ? `did you mean \`${near}\`?` : undefined];
}

/** Message and hint for a value that has none of the accepted forms. */
export function union(issue: Extract<Issue, { code: "invalid_union" }>, value: Tree): [string, string | undefined] {
  const kinds = storeKindHint(issue.message);
  if (kinds !== undefined && value.kind === "mapping") return [issue.message, kinds];
  const wanted = new Set<string>();
  const words: string[] = [];
  for (const form of issue.errors)
    for (const inner of form)
      if (inner.path.length === 0 && inner.code === "invalid_type") wanted.add(expectation(inner.expected));
      else if (inner.path.length === 0 && inner.code === "invalid_value") words.push(...inner.values.map(String));
  const near = value.kind === "scalar" ? suggest(String(value.value), words) : undefined;
  for (const word of words) wanted.add(word);
  const list = [...wanted].join(", ");
  const what = value.kind === "scalar" && value.value !== null ? shown(value.value) : found(value);
  if (list === "") return [`${what} is not valid here`, undefined];
  return [`expected one of: ${list}; found ${what}`, near ? `did you mean \`${near}\`?` : undefined];
}

/** A type of the schema in words. */
export function expectation(type: string): string {
  const words: Record<string, string> = {
    object: "a mapping",
    record: "a mapping",
    array: "a list",
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    null: "nothing",
  };
  return words[type] ?? type;
}

/** A value of the file in words. */
export function found(tree: Tree): string {
  if (tree.kind === "mapping") return "a mapping";
  if (tree.kind === "sequence") return "a list";
  return tree.value === null ? "nothing" : shown(plain(tree));
}

/** Message for a number or a length out of range. */
export function size(issue: Extract<Issue, { code: "too_small" | "too_big" }>, value: Tree): string {
  // Messages of these schemas start in lower case and are complete; those of zod start with a capital.
  if (/^[a-z]/.test(issue.message)) return issue.message;
  const end = issue.code === "too_small" ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  if (issue.origin === "array")
    return issue.code === "too_small" ? "the list is empty" : `the list is too long, ${end}`;
  if (issue.origin === "string")
    return issue.code === "too_small" ? "the text is empty" : `the text is too long, ${end}`;
  return `${found(value)} is out of range: ${end}`;
}

/** Message for every other issue. */
export function plainMessage(issue: Issue, value: Tree): string {
  if (/^[a-z]/.test(issue.message)) return `${found(value)}: ${issue.message}`;
  if (issue.code === "invalid_format" && issue.format === "url")
    return `${found(value)} is not a URL like https://host:port`;
  if (issue.code === "invalid_format" && issue.format === "starts_with")
    return `${found(value)} must start with ${shown("prefix" in issue ? issue.prefix : "/")}`;
  return `${found(value)} is not valid here`;
}
