import type { Json, JsonMap } from "../environments/json.js";
import type { ChartValue } from "./values.js";

/**
 * `values.schema.json`: Helm refuses values that it does not describe, so that a mistyped name or a value of another type
 * is an error of `helm install` and not a field that is silently missing.
 */
export function valuesSchema(values: readonly ChartValue[], environments: readonly string[]): JsonMap {
  const root: Node = { fields: new Map() };
  for (const value of values) insert(root, value);
  const properties = Object.fromEntries([...root.fields].map(([name, node]) => [name, schemaOf(node)]));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    properties: {
      ...properties,
      environment: {
        enum: environments,
        description: "the environment of the platform file: files/ has its configuration",
      },
      global: { type: "object" },
    },
  };
}

interface Node {
  readonly fields: Map<string, Node | ChartValue>;
}

function insert(root: Node, value: ChartValue): void {
  let at = root;
  for (const part of value.name.slice(0, -1)) {
    const next = at.fields.get(part);
    const node: Node = next !== undefined && "fields" in next ? next : { fields: new Map() };
    at.fields.set(part, node);
    at = node;
  }
  at.fields.set(value.name.at(-1) ?? "", value);
}

function schemaOf(node: Node | ChartValue): JsonMap {
  if ("fields" in node)
    return {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries([...node.fields].map(([name, field]) => [name, schemaOf(field)])),
    };
  const present = [...node.values.values()].filter((value) => value !== undefined);
  const types = new Set(present.map(typeOf));
  if (present.length === 0) return {};
  if (present.length < node.values.size) types.add("null");
  const [only, ...others] = types;
  return { type: others.length === 0 && only !== undefined ? only : [...types] };
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "object" ? "object" : typeof value;
}
