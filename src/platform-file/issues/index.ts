import type { z } from "zod";
import { type ErrorCode, isErrorCode } from "../../errors/catalogue.js";
import type { Diagnostic } from "../diagnostic.js";
import { MAX_UNDERLINE } from "../diagnostic.js";
import { formatPath, type Segment } from "../path.js";
import { knownKeys, takesBoolean } from "../shape.js";
import { didYouMean, suggest } from "../suggest.js";
import { nearest, type Place, type SourceMap, type Tree } from "../tree.js";
import { flatten, type Issue, type Located } from "./forms.js";
import { asList, enumeration, expectation, found, plainMessage, size, union } from "./messages.js";
import { writeName } from "./names.js";
import { BOOLEAN_WORDS, MAX_UNKNOWN_KEYS, MISSING, MOVED } from "./vocabulary.js";

/** The issues of the schema as diagnostics. */
export function diagnose(issues: readonly Issue[], tree: Tree, source: SourceMap, schema: z.ZodType): Diagnostic[] {
  return issues.flatMap((issue) => flatten(issue, [], tree)).flatMap((issue) => explain(issue, tree, source, schema));
}

/** The diagnostics of one issue: at its place in the file, with a hint. */
function explain({ issue, path }: Located, tree: Tree, source: SourceMap, schema: z.ZodType): Diagnostic[] {
  const { key, value, exact } = nearest(tree, path);
  const at = (
    place: Place,
    code: ErrorCode,
    message: string,
    hint?: string,
    below: readonly Segment[] = path,
  ): Diagnostic => ({
    code,
    severity: "error",
    message,
    origin: source.origin(place),
    path: formatPath(below),
    length: Math.max(1, Math.min(place.to - place.from, MAX_UNDERLINE)),
    hint,
  });
  const last = path.at(-1);

  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    const listed = issue.keys.slice(0, MAX_UNKNOWN_KEYS);
    const rest = issue.keys.length - listed.length;
    const more = rest > 0 ? [at(key, "spec/unknown-key", `and ${rest} more unknown keys here`)] : [];
    const unknowns = listed.map((unknown) => {
      const entry = value.kind === "mapping" ? value.entries.get(unknown) : undefined;
      const where = path.length === 0 ? "a platform file" : `\`${formatPath(path)}\``;
      const hint = MOVED.get(unknown)?.(path) ?? didYouMean(unknown, known);
      const place = [...path, unknown];
      const problem = at(entry?.key ?? key, "spec/unknown-key", `\`${unknown}\` is not a key of ${where}`, hint, place);
      const rename = MOVED.has(unknown) ? undefined : suggest(unknown, known);
      const taken = rename === undefined || value.kind !== "mapping" || value.entries.has(rename);
      return taken ? problem : { ...problem, fix: [{ path: formatPath(place), value: undefined, rename }] };
    });
    return [...unknowns, ...more];
  }
  if (!exact && typeof last === "string")
    return [at(key, "spec/missing-key", `\`${last}\` is missing`, MISSING.get(last) ?? `write \`${last}: …\` here`)];
  if (issue.code === "invalid_key") {
    const reason = issue.issues[0]?.message ?? "this is not a valid name";
    return [at(key, "spec/name", `\`${String(last)}\`: ${reason}`, writeName(String(last)))];
  }
  if (issue.code === "custom") {
    const params: Record<string, unknown> = issue.params ?? {};
    const code = typeof params.code === "string" && isErrorCode(params.code) ? params.code : "spec/value";
    const hint = typeof params.hint === "string" ? params.hint : undefined;
    return [at(value.place, code, typeof last === "string" ? `\`${last}\`: ${issue.message}` : issue.message, hint)];
  }
  const boolean = value.kind === "scalar" ? BOOLEAN_WORDS.get(String(value.value).toLowerCase()) : undefined;
  if (boolean !== undefined && takesBoolean(schema, path)) {
    const hint = `write \`${boolean}\`: YAML reads ${found(value)} as text`;
    return [at(value.place, "spec/type", `expected true or false, found ${found(value)}`, hint)];
  }
  if (issue.code === "invalid_value") return [at(value.place, "spec/value", ...enumeration(issue, value, last))];
  if (issue.code === "invalid_type") {
    const hint = issue.expected === "array" ? asList(value, last) : undefined;
    return [at(value.place, "spec/type", `expected ${expectation(issue.expected)}, found ${found(value)}`, hint)];
  }
  if (issue.code === "invalid_union")
    return [at(value.kind === "mapping" ? key : value.place, "spec/value", ...union(issue, value))];
  if (issue.code === "too_small" || issue.code === "too_big")
    return [at(value.place, "spec/range", size(issue, value))];
  const named = value.kind === "scalar" && /^a (model's )?name is/.test(issue.message);
  return [
    at(value.place, "spec/value", plainMessage(issue, value), named ? writeName(String(value.value)) : undefined),
  ];
}
