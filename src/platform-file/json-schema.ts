import { z } from "zod";
import { platformFile, platformSettings } from "./schema/platform.js";

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

const SCHEMA_ID = "urn:keelson:platform-file";

/**
 * The platform file as JSON Schema (draft 2020-12), in the form that people write: quantities are text with a pattern,
 * shorthands stand beside the long forms, and an environment is every setting again, optional and removable by `null`.
 */
export function platformJsonSchema(): JsonSchema {
  const whole = asObject(z.toJSONSchema(platformFile, OPTIONS));
  const difference = removable(asObject(z.toJSONSchema(platformSettings, OPTIONS)));
  const definitions = Object.entries(asObject(whole["$defs"]));
  const { platform: _, ...differing } = asObject(difference["properties"]);
  const environments = asObject(asObject(whole["properties"])["environments"]);
  return {
    ...whole,
    $id: SCHEMA_ID,
    title: "Keelson platform file",
    description: "What runs and what is promised. Everything else is derived from it.",
    properties: {
      ...asObject(whole["properties"]),
      environments: {
        ...environments,
        additionalProperties: {
          type: ["object", "null"],
          description: "Differences over the base: merged key by key, `null` removes",
          properties: differing,
          additionalProperties: false,
        },
      },
    },
    $defs: Object.fromEntries([
      ...definitions,
      ...definitions.map(([name, definition]) => [`${name}${DIFFERENCE}`, removable(definition)]),
    ]),
    patternProperties: { "^x-": { description: "Anything: a place for anchors that are used below" } },
  };
}

const OPTIONS = {
  target: "draft-2020-12",
  io: "input",
  // A quantity's input is checked by its reader; `meta` says of it what an editor needs.
  unrepresentable: "any",
} as const;

/** A definition's name, as a difference has it. */
const DIFFERENCE = "-difference";

/** The schema of a difference: nothing is required, and any key may be removed by `null`. */
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
