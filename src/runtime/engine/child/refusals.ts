import { Refused } from "./inference.js";

/** Types of content parts that are text. */
const TEXT_PARTS: ReadonlySet<string> = new Set(["text", "refusal"]);

/**
 * Throws `Refused` for images, audio, files and the older functions, which the local engines do not support: a response that ignores
 * them would look like one that used them.
 */
export function refuseNonText(document: unknown): void {
  const { functions, function_call: call, messages } = fieldsOf(document);
  if (Array.isArray(functions) && functions.length > 0 && call !== "none")
    throw unsupported("this model's engine does not support functions: use tools", "functions");
  if (!Array.isArray(messages)) return;
  for (const [index, message] of messages.entries()) {
    const { content, audio } = fieldsOf(message);
    if (audio != null) throw unsupported("this model's engine does not support audio", `messages[${index}].audio`);
    if (!Array.isArray(content)) continue;
    for (const [at, part] of content.entries()) {
      const { type } = fieldsOf(part);
      if (typeof type === "string" && !TEXT_PARTS.has(type))
        throw unsupported(
          `this model's engine supports text only, not parts of type ${JSON.stringify(type.slice(0, 40))}`,
          `messages[${index}].content[${at}]`,
        );
    }
  }
}

/** The fields of an object; none of another value. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of the API that the local engines do not support. */
interface UnsupportedField {
  readonly field: string;
  /** Whether a value requests the default behaviour; null always does. */
  readonly isDefault: (value: unknown) => boolean;
  readonly why: string;
}

const never = (): boolean => false;
const off = (value: unknown): boolean => value === false || value === 0;

const UNSUPPORTED_FIELDS: readonly UnsupportedField[] = [
  { field: "audio", isDefault: never, why: "generates no audio" },
  {
    field: "modalities",
    isDefault: (value) => Array.isArray(value) && value.every((one) => one === "text"),
    why: "generates text only",
  },
  { field: "logprobs", isDefault: (value) => value === false, why: "returns no probabilities" },
  { field: "top_logprobs", isDefault: off, why: "returns no probabilities" },
  { field: "best_of", isDefault: (value) => value === 1, why: "generates a single candidate" },
  { field: "echo", isDefault: off, why: "does not repeat the prompt" },
  { field: "suffix", isDefault: (value) => value === "", why: "does not support a suffix" },
  { field: "reasoning_effort", isDefault: never, why: "has no reasoning effort" },
  { field: "verbosity", isDefault: (value) => value === "medium", why: "has no verbosity: request it in a message" },
  { field: "web_search_options", isDefault: never, why: "does not search the web" },
  { field: "moderation", isDefault: never, why: "has no moderation" },
];

/**
 * Throws `Refused` for fields of OpenAI's text APIs that would change the output but are not supported. Fields without effect on the
 * output (`user`, `metadata`, `store`, `prediction` and similar) are ignored.
 */
export function refuseUnsupportedFields(document: unknown): void {
  const given = fieldsOf(document);
  for (const { field, isDefault, why } of UNSUPPORTED_FIELDS) {
    const value = given[field];
    if (value != null && !isDefault(value)) throw unsupported(`${field}: this model's engine ${why}`, field);
  }
}

function unsupported(message: string, param: string): Refused {
  return new Refused(message, "unsupported", param);
}
