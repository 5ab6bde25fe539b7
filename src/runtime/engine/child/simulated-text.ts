import { createHash } from "node:crypto";
import type { Generation, Message } from "./inference.js";

/** Splits text approximately as a tokenizer does: words with the space before them, punctuation separately. */
export function tokensOf(text: string): string[] {
  return text.match(/\s?[\p{L}\p{N}]{1,12}|\s?[^\s\p{L}\p{N}]|\s+/gu) ?? [];
}

const COMMON_WORDS = new Set(
  "a an and are as at be but by can do does for from give had has have how i if in is it its me my of on or please say so some tell that the their them then there these they this to was we were what when where which who why will with would write you your".split(
    " ",
  ),
);

/** The longest uncommon words of a text, at most `limit`, in the order of the text. */
function subjects(text: string, limit: number): string[] {
  const words = [...new Set(text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]{2,30}/gu) ?? [])].filter(
    (word) => !COMMON_WORDS.has(word),
  );
  const longest = new Set([...words].sort((a, b) => b.length - a.length || a.localeCompare(b)).slice(0, limit));
  return words.filter((word) => longest.has(word));
}

export function promptText({ prompt }: Generation): string {
  return prompt.kind === "text" ? prompt.text : prompt.messages.map(messageText).join("\n");
}

function messageText(message: Message): string {
  if (message.role !== "assistant") return message.content;
  const calls = message.calls.map(({ name, arguments: given, result }) => `${name}(${given})\n${result}`);
  return [message.content, ...calls].join("\n");
}

function lastUserMessage({ prompt }: Generation): string {
  if (prompt.kind === "text") return prompt.text;
  return prompt.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

/**
 * The output of the simulated engine. It is a function of the request, contains its words, and is marked as simulated in its first
 * word, so that it is not mistaken for the output of a model.
 */
export function simulatedText(generation: Generation): string {
  const { format } = generation;
  if (format.kind === "schema") return JSON.stringify(instanceOf(format.schema, format.schema, 0));
  const message = lastUserMessage(generation).trim();
  const about = subjects(message, 8);
  if (format.kind === "json") return JSON.stringify({ simulated: true, about });
  const digest = createHash("sha256").update(promptText(generation)).digest();
  const pick = (choices: readonly string[], at: number): string => choices[(digest[at] ?? 0) % choices.length] ?? "";
  const topic =
    about.length === 0
      ? "your request"
      : about.length === 1
        ? about[0]
        : `${about.slice(0, -1).join(", ")} and ${about.at(-1)}`;
  return [
    `[simulated] ${pick(["You wrote", "Your message is", "This request is"], 0)} about ${topic}.`,
    pick(
      [
        "No model is loaded, so this text is a placeholder.",
        "The simulator has the timing and the token counts of a model, but not its text.",
        "This text comes from the simulated engine, which has the timing and the token counts of a model.",
      ],
      1,
    ),
    `The request has ${tokensOf(promptText(generation)).length} tokens. This response is streamed, limited and counted in the same way as the response of a model.`,
    "Set the source of a model in the platform file to receive real responses.",
  ].join(" ");
}

const MAX_SCHEMA_DEPTH = 8;

/** The smallest value that a JSON Schema allows, for its common keywords. */
function instanceOf(schema: unknown, root: unknown, depth: number): unknown {
  const keywords = fieldsOf(schema);
  if (keywords === undefined || depth > MAX_SCHEMA_DEPTH) return null;
  const reference = keywords.get("$ref");
  if (typeof reference === "string") return instanceOf(resolvePointer(root, reference), root, depth + 1);
  if (keywords.has("const")) return keywords.get("const");
  const choices = [keywords.get("enum"), keywords.get("examples")].find(Array.isArray);
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const options = keywords.get(name);
    if (Array.isArray(options) && options.length > 0) return instanceOf(options[0], root, depth + 1);
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
      return Object.fromEntries(names.map((name) => [name, instanceOf(properties.get(name), root, depth + 1)]));
    }
    case "array":
      return Array.from({ length: number("minItems") ?? 0 }, () => instanceOf(keywords.get("items"), root, depth + 1));
    case "integer":
      return Math.ceil(number("minimum") ?? 0);
    case "number":
      return number("minimum") ?? 0;
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return "simulated".padEnd(number("minLength") ?? 0, " simulated").slice(0, number("maxLength") ?? 1000);
  }
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

export const SIMULATED_DIMENSIONS = 256;

/** A vector by feature hashing: texts that share words have similar vectors, so that a search over simulated embeddings works. */
export function simulatedEmbedding(text: string, dimensions: number = SIMULATED_DIMENSIONS): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [""]) {
    const digest = createHash("sha256").update(word).digest();
    for (let at = 0; at < 4; at += 1) {
      const place = digest.readUInt32LE(at * 4) % dimensions;
      vector[place] = (vector[place] ?? 0) + ((digest[16 + at] ?? 0) % 2 === 0 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
