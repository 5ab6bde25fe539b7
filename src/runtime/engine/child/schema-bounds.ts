import { Refused } from "./inference.js";

/**
 * Limits on a JSON schema that output must follow. An engine compiles it into a grammar, or fills it, for all of its clients in one
 * process, so a schema of a few bytes must not cost minutes. The first four are those of OpenAI's structured outputs
 * (https://developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas"), the depth doubled because ours counts
 * every level of the document's `properties` and `items`.
 */
const LIMITS = { depth: 20, properties: 5_000, enumValues: 1_000, characters: 120_000, nodes: 20_000 } as const;

/**
 * Elements that lists require, counted with those of the lists around them. Chat templates describe each of them, so that they multiply;
 * references are not followed, and multiply with every list of the schema.
 */
const MAX_REQUIRED_ELEMENTS = 10_000;

/** Keywords that require output of at least this size, and the largest value of each. */
const MINIMA = { minItems: 1_000, minLength: 10_000, minProperties: 1_000 };
/** Keywords whose values a grammar repeats: larger ones are refused as well, because the context bounds the output before they do. */
const MAXIMA = { maxItems: 10_000, maxLength: 100_000 };
const SIZES: Readonly<Record<string, number>> = { ...MINIMA, ...MAXIMA };
/** Keywords whose value is a mapping from names to schemas. */
const MAPPINGS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
const MAX_PATTERN_CHARACTERS = 500;

/** What the schemas of one request have used of its limits. All of them are compiled for one response. */
export interface SchemaBudget {
  properties: number;
  enumValues: number;
  characters: number;
  nodes: number;
  requiredElements: number;
}

export function schemaBudget(): SchemaBudget {
  return { properties: 0, enumValues: 0, characters: 0, nodes: 0, requiredElements: 0 };
}

/** Throws `Refused` for a schema beyond the limits. `field`: the path of the schema in the request's body. */
export function requireBoundedSchema(schema: unknown, field: string, counts: SchemaBudget = schemaBudget()): void {
  let hasReference = false;
  let allElements = 1;
  const refuse = (what: string): never => {
    throw new Refused(`${field}: the JSON schema has ${what}`, "invalid_body", field);
  };
  const count = (what: keyof typeof LIMITS & keyof SchemaBudget, by: number): void => {
    counts[what] += by;
    if (counts[what] > LIMITS[what]) refuse(`more than ${LIMITS[what]} ${NAMES[what]}`);
  };
  const countElements = (elements: number): void => {
    if (!(elements <= MAX_REQUIRED_ELEMENTS - counts.requiredElements))
      refuse(`lists with more than ${MAX_REQUIRED_ELEMENTS} required elements`);
    counts.requiredElements += elements;
  };
  /** `repeated`: how many times the lists around a value require it. */
  const visit = (value: unknown, depth: number, isMapping: boolean, repeated: number): void => {
    count("nodes", 1);
    if (typeof value === "string") count("characters", value.length);
    if (typeof value !== "object" || value === null) return;
    if (depth > LIMITS.depth) refuse(`more than ${LIMITS.depth} levels`);
    if (Array.isArray(value)) {
      for (const each of value) visit(each, depth, false, repeated);
      return;
    }
    const elements = isMapping ? 1 : requiredElements(value);
    if (elements > 1) countElements(elements * repeated);
    allElements *= elements;
    if (!isMapping && "$ref" in value) hasReference = true;
    for (const [key, each] of Object.entries(value)) {
      count("characters", key.length);
      if (isMapping) count("properties", 1);
      else checkKeyword(key, each, refuse);
      if (!isMapping && key === "enum" && Array.isArray(each)) count("enumValues", each.length);
      const named = !isMapping && MAPPINGS.has(key);
      visit(each, named ? depth : depth + 1, named, repeated * elements);
    }
  };
  visit(schema, 0, false, 1);
  if (hasReference && allElements > 1) countElements(allElements);
}

/** How many elements a list requires; 1 of another schema. A number beyond its own limit is refused as such. */
function requiredElements(schema: object): number {
  const minItems = "minItems" in schema ? schema.minItems : undefined;
  return typeof minItems === "number" && minItems > 1 && minItems <= MINIMA.minItems ? minItems : 1;
}

const NAMES = {
  properties: "properties",
  enumValues: "values of `enum`",
  characters: "characters",
  nodes: "values",
} as const;

function checkKeyword(key: string, value: unknown, refuse: (what: string) => never): void {
  const limit = SIZES[key];
  if (limit !== undefined && typeof value === "number" && !(value <= limit)) refuse(`\`${key}\` above ${limit}`);
  if (key === "pattern" && typeof value === "string" && value.length > MAX_PATTERN_CHARACTERS)
    refuse(`a \`pattern\` of more than ${MAX_PATTERN_CHARACTERS} characters`);
}
