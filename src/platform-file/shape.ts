import type { z } from "zod";
import type { Segment } from "./path.js";

/** All keys of the schema at a path, in any of its forms: the candidates for a suggestion. */
export function knownKeys(schema: z.core.$ZodType, path: readonly Segment[]): string[] {
  let forms = unwrap(schema);
  for (const segment of path) forms = forms.flatMap((form) => step(form, segment));
  const keys = new Set<string>();
  for (const form of forms) {
    const def: z.core.$ZodTypes["_zod"]["def"] = definition(form);
    if (def.type === "object") for (const key of Object.keys(def.shape)) keys.add(key);
  }
  return [...keys];
}

/** Whether the schema accepts a boolean at a path. */
export function takesBoolean(schema: z.core.$ZodType, path: readonly Segment[]): boolean {
  let forms = unwrap(schema);
  for (const segment of path) forms = forms.flatMap((form) => step(form, segment));
  return forms.some((form) => definition(form).type === "boolean");
}

function definition(schema: z.core.$ZodType): z.core.$ZodTypes["_zod"]["def"] {
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** The schemas inside `optional`, unions and pipes. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = definition(schema);
  if (def.type === "optional" || def.type === "nullable" || def.type === "default") return unwrap(def.innerType);
  if (def.type === "union") return def.options.flatMap(unwrap);
  if (def.type === "pipe") return unwrap(def.in);
  return [schema];
}

function step(schema: z.core.$ZodType, segment: Segment): z.core.$ZodType[] {
  const def = definition(schema);
  if (def.type === "object") {
    const inner = def.shape[String(segment)];
    return inner ? unwrap(inner) : [];
  }
  if (def.type === "record") return unwrap(def.valueType);
  if (def.type === "array") return unwrap(def.element);
  return [];
}
