import type { ChatModelFunctions, GbnfJsonSchema } from "node-llama-cpp";
import { z } from "zod";
import { parseExactly, stringifyExactly } from "../../kernel/exact-json.js";
import type { Message, Piece, Tool, Tools } from "./inference.js";

/**
 * Strings and lists of arguments that set no limit of their own get these: a small model that repeats itself would fill the context
 * without ever completing the call.
 */
const MAX_STRING_CHARACTERS = 4_000;
const MAX_LIST_ITEMS = 64;

/** Tools in the form of the library, which offers them by the chat template and constrains the arguments of a call by a grammar. */
export function functionsOf({ offered }: Tools): ChatModelFunctions {
  return Object.fromEntries(
    offered.map(({ name, description, parameters }) => [
      name,
      {
        ...(description === undefined ? {} : { description }),
        ...(parameters === undefined ? {} : { params: librarySchema(limited(parameters)) }),
      },
    ]),
  );
}

/** The schema of a call that the model must make: one of the tools and its arguments. */
export function callSchema({ offered }: Tools): Readonly<Record<string, unknown>> {
  const calls = offered.map(({ name, parameters }) => ({
    type: "object",
    properties: { name: { const: name }, arguments: limited(parameters ?? EMPTY) },
    required: ["name", "arguments"],
    additionalProperties: false,
  }));
  const definitions = Object.assign({}, ...offered.map(({ parameters }) => parameters?.["$defs"] ?? {}));
  return calls.length === 1 && calls[0] !== undefined
    ? { ...calls[0], $defs: definitions }
    : { oneOf: calls, $defs: definitions };
}

const EMPTY = { type: "object", properties: {}, additionalProperties: false };

/** The conversation with the instruction to call one of the tools, which is needed because no chat template expresses it. */
export function withCallInstruction(messages: readonly Message[], { offered }: Tools): readonly Message[] {
  const instruction = [
    "Call one of these functions. Answer only with a JSON object that has the function's name and its arguments, taken from the conversation:",
    ...offered.map(describe),
  ].join("\n");
  const [first, ...rest] = messages;
  return first?.role === "system"
    ? [{ ...first, content: `${first.content}\n\n${instruction}` }, ...rest]
    : [{ role: "system", content: instruction }, ...messages];
}

function describe({ name, description, parameters }: Tool): string {
  return JSON.stringify({ name, description, arguments: parameters });
}

const forcedCall = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) });

/** The call in a text that follows `callSchema`; undefined if the text was cut off. */
export function callIn(text: string): Piece | undefined {
  try {
    const { name, arguments: given } = forcedCall.parse(parseExactly(text));
    return { kind: "call", name, arguments: stringifyExactly(given) };
  } catch {
    return undefined;
  }
}

/** A schema in which every string and list has a maximum length. */
function limited(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (typeof value !== "object" || value === null || key === "enum" || key === "const") result[key] = value;
    else if (Array.isArray(value)) result[key] = value.map((each) => (isSchema(each) ? limited(each) : each));
    else if (isSchema(value)) result[key] = MAPPINGS.has(key) ? mapped(value) : limited(value);
  }
  if (schema["type"] === "string" && !("maxLength" in schema) && !("format" in schema))
    result["maxLength"] = Math.max(MAX_STRING_CHARACTERS, numberIn(schema["minLength"]));
  if (schema["type"] === "array" && !("maxItems" in schema))
    result["maxItems"] = Math.max(MAX_LIST_ITEMS, numberIn(schema["minItems"]));
  return result;
}

const MAPPINGS: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);

function mapped(schemas: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, each]) => [name, isSchema(each) ? limited(each) : each]),
  );
}

function isSchema(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberIn(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** The library's schema type is for literals in code; it validates a schema received over HTTP itself. */
function librarySchema(schema: Readonly<Record<string, unknown>>): GbnfJsonSchema {
  return z.custom<GbnfJsonSchema>(isSchema).parse(schema);
}
