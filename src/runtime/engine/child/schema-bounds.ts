import { Refused } from "./inference.js";

/**
 * Limits on a JSON schema that output must follow. An engine compiles it into a grammar, or fills it, for all of its clients in one
 * process, so a schema of a few bytes must not cost minutes. The first four are those of OpenAI's structured outputs
 * (https://developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas"), the depth doubled because ours counts
 * every level of the document's `properties` and `items`.
 */
const LIMITS = { depth: 20, properties: 5_000, enumValues: 1_000, characters: 120_000, nodes: 20_000 } as const;

/** Keywords that require output of at least this size, and the largest value of each. */
const MINIMA: Readonly<Record<string, number>> = { minItems: 1_000, minLength: 10_000, minProperties: 1_000 };
/** Keywords whose values a grammar repeats: larger ones are refused as well, because the context bounds the output before they do. */
const MAXIMA: Readonly<Record<string, number>> = { maxItems: 10_000, maxLength: 100_000 };
/** Keywords whose value is a mapping from names to schemas. */
const MAPPINGS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
const MAX_PATTERN_CHARACTERS = 500;

/** Throws `Refused` for a schema beyond the limits. `field`: the path of the schema in the request's body. */
export function requireBoundedSchema(schema: unknown, field: string): void {
  const counts = { properties: 0, enumValues: 0, characters: 0, nodes: 0 };
  const refuse = (what: string): never => {
    throw new Refused(`${field}: the JSON schema has ${what}`, "invalid_body", field);
  };
  const count = (what: keyof typeof counts, by: number): void => {
    counts[what] += by;
    if (counts[what] > LIMITS[what]) refuse(`more than ${LIMITS[what]} ${NAMES[what]}`);
  };
  const visit = (value: unknown, depth: number, isMapping: boolean): void => {
    count("nodes", 1);
    if (typeof value === "string") count("characters", value.length);
    if (typeof value !== "object" || value === null) return;
    if (depth > LIMITS.depth) refuse(`more than ${LIMITS.depth} levels`);
    if (Array.isArray(value)) {
      for (const each of value) visit(each, depth, false);
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      count("characters", key.length);
      if (isMapping) count("properties", 1);
      else checkKeyword(key, each, refuse);
      if (!isMapping && key === "enum" && Array.isArray(each)) count("enumValues", each.length);
      const named = !isMapping && MAPPINGS.has(key);
      visit(each, named ? depth : depth + 1, named);
    }
  };
  visit(schema, 0, false);
}

const NAMES = {
  properties: "properties",
  enumValues: "values of `enum`",
  characters: "characters",
  nodes: "values",
} as const;

function checkKeyword(key: string, value: unknown, refuse: (what: string) => never): void {
  const limit = MINIMA[key] ?? MAXIMA[key];
  if (limit !== undefined && typeof value === "number" && !(value <= limit)) refuse(`\`${key}\` above ${limit}`);
  if (key === "pattern" && typeof value === "string" && value.length > MAX_PATTERN_CHARACTERS)
    refuse(`a \`pattern\` of more than ${MAX_PATTERN_CHARACTERS} characters`);
}
