import { Refused } from "./inference.js";

const MAX_SCHEMA_DEPTH = 8;
/** References and nested lists multiply: the size of a value is not bounded by that of its schema. */
const MAX_VALUES = 20_000;
const MAX_CHARACTERS = 500_000;

/**
 * The smallest value that a JSON Schema allows, for its common keywords. Throws `Refused` if even that is too large to generate.
 */
export function simulatedInstance(schema: unknown): unknown {
  let values = 0;
  let characters = 0;
  return instanceOf(schema, schema, 0, (length) => {
    values += 1;
    characters += length;
    if (values > MAX_VALUES || characters > MAX_CHARACTERS)
      throw new Refused("the JSON schema requires a value that is too large", "invalid_body", "response_format");
  });
}

/** `spend` counts each value with the length of its text, and throws when the value as a whole is too large. */
function instanceOf(schema: unknown, root: unknown, depth: number, spend: (characters: number) => void): unknown {
  spend(0);
  const keywords = fieldsOf(schema);
  if (keywords === undefined || depth > MAX_SCHEMA_DEPTH) return null;
  const reference = keywords.get("$ref");
  if (typeof reference === "string") return instanceOf(resolvePointer(root, reference), root, depth + 1, spend);
  if (keywords.has("const")) return keywords.get("const");
  const choices = [keywords.get("enum"), keywords.get("examples")].find(Array.isArray);
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const options = keywords.get(name);
    if (Array.isArray(options) && options.length > 0) return instanceOf(options[0], root, depth + 1, spend);
  }
  const type = keywords.get("type");
  const [kind] = Array.isArray(type) ? type : [type ?? (keywords.has("properties") ? "object" : "string")];
  const number = (name: string): number | undefined => {
    const value = keywords.get(name);
    return typeof value === "number" ? value : undefined;
  };
  switch (kind) {
    case "object": {
      const properties = fieldsOf(keywords.get("properties")) ?? new Map<string, unknown>();
      const required = keywords.get("required");
      const names = Array.isArray(required)
        ? required.filter((name) => typeof name === "string")
        : [...properties.keys()];
      return Object.fromEntries(names.map((name) => [name, instanceOf(properties.get(name), root, depth + 1, spend)]));
    }
    case "array":
      return Array.from({ length: number("minItems") ?? 0 }, () =>
        instanceOf(keywords.get("items"), root, depth + 1, spend),
      );
    case "integer":
      return Math.ceil(nearestToZero(number("minimum"), number("maximum")));
    case "number":
      return nearestToZero(number("minimum"), number("maximum"));
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return text(number("minLength") ?? 0, number("maxLength"), spend);
  }
}

/** Schemas of integers often have the range of the language's integers. */
function nearestToZero(minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY): number {
  return Math.max(minimum, Math.min(0, maximum));
}

function text(minimum: number, maximum: number | undefined, spend: (characters: number) => void): string {
  spend(Math.max(0, minimum));
  return "simulated".padEnd(minimum, " simulated").slice(0, maximum ?? Math.max(1000, minimum));
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

/** The value at a JSON pointer (RFC 6901) without escapes. */
function resolvePointer(root: unknown, reference: string): unknown {
  let at = root;
  for (const part of reference.replace(/^#\/?/, "").split("/").filter(Boolean)) at = fieldsOf(at)?.get(part);
  return at;
}
