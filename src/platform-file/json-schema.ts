import { z } from "zod";
import { platformFile, platformSettings } from "./schema/platform.js";

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

const SCHEMA_ID = "urn:keelson:platform-file";

/**
 * The JSON Schema (draft 2020-12) of the platform file as written: quantities are text with a pattern, short and long forms
 * are alternatives, and an environment accepts every setting as well, optional and removable by `null`.
 */
export function platformJsonSchema(): JsonSchema {
  const schema = asObject(z.toJSONSchema(platformFile, OPTIONS));
  const difference = removable(asObject(z.toJSONSchema(platformSettings, OPTIONS)));
  const definitions = Object.entries(asObject(schema["$defs"]));
  const { platform: _, ...differing } = asObject(difference["properties"]);
  const environments = asObject(asObject(schema["properties"])["environments"]);
  return {
    ...schema,
    $id: SCHEMA_ID,
    title: "Keelson platform file",
    description: "What an AI platform runs, and its objectives.",
    properties: {
      ...asObject(schema["properties"]),
      environments: {
        ...environments,
        additionalProperties: {
          type: ["object", "null"],
          description: "Overrides of the base: merged key by key; `null` removes a key",
          properties: differing,
          additionalProperties: false,
        },
      },
    },
    $defs: Object.fromEntries([
      ...definitions,
      ...definitions.map(([name, definition]) => [`${name}${DIFFERENCE}`, removable(definition)]),
    ]),
    patternProperties: { "^x-": { description: "Any value; for YAML anchors that are used below" } },
  };
}

const OPTIONS = {
  target: "draft-2020-12",
  io: "input",
  // The input of a quantity is checked by its reader; `meta` contains the JSON Schema of its text.
  unrepresentable: "any",
} as const;

/** Suffix of a definition in the form for overrides. */
const DIFFERENCE = "-difference";

/** The schema of overrides: no key is required, and any key may be `null`. */
function removable(schema: unknown): JsonSchema {
  const { required: _, propertyNames, ...rest } = asObject(schema);
  const changed: Record<string, unknown> = { ...rest };
  if (typeof rest["$ref"] === "string") changed["$ref"] = `${rest["$ref"]}${DIFFERENCE}`;
  delete changed["id"];
  if (propertyNames !== undefined) changed["propertyNames"] = propertyNames;
  if (rest["properties"] !== undefined)
    changed["properties"] = Object.fromEntries(
      Object.entries(asObject(rest["properties"])).map(([key, value]) => [key, orNull(removable(value))]),
    );
  if (
    typeof rest["additionalProperties"] === "object" &&
    Object.keys(asObject(rest["additionalProperties"])).length > 0
  )
    changed["additionalProperties"] = orNull(removable(rest["additionalProperties"]));
  for (const form of ["anyOf", "oneOf"] as const)
    if (Array.isArray(rest[form])) changed[form] = rest[form].map(removable);
  return changed;
}

function orNull(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema;
  if (Object.keys(rest).length === 0) return schema;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: "null" }] };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
