/** Approximate for English and code. Used only if an upstream returns no count. */
export const BYTES_PER_TOKEN = 4;

const QUOTE = 0x22;
const COMMA = 0x2c;
/** The start of a data URL. */
const DATA_URL = Buffer.from('"data:');
/** The start of the base64 of an `input_audio`. */
const DATA_FIELD = Buffer.from('"data":"');

/** Number of prompts in the input of a completion or of embeddings: a list of token ids is one. */
export function inputsIn(subject: unknown): number {
  return Array.isArray(subject) && typeof subject[0] !== "number" ? subject.length : 1;
}

/**
 * Estimated tokens of a prompt: messages (of either API), texts, or lists of token ids. The names and brackets around the
 * text are not counted, nor are images and audio, whose cost depends on the model.
 */
export function estimateTokens(subject: unknown): number {
  return Math.ceil(textBytes(subject) / BYTES_PER_TOKEN);
}

/** The same for a prompt that was not parsed. It is large, so the names and brackets around its text add little. */
export function estimateTokensOfJson(bytes: Buffer): number {
  // A list of token ids, or of lists of them.
  if (/^[\s[]*-?\d/.test(bytes.toString("latin1", 0, 64))) return commasIn(bytes) + 1;
  const binary = encodedBytes(bytes, DATA_URL) + encodedBytes(bytes, DATA_FIELD);
  return Math.ceil((bytes.length - binary) / BYTES_PER_TOKEN);
}

/** Bytes of the strings that start after each `opening`. */
function encodedBytes(bytes: Buffer, opening: Buffer): number {
  let sum = 0;
  for (let at = bytes.indexOf(opening); at >= 0; at = bytes.indexOf(opening, at + 1)) {
    const end = bytes.indexOf(QUOTE, at + opening.length);
    if (end < 0) break;
    sum += end - at;
    at = end;
  }
  return sum;
}

function commasIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(COMMA); at >= 0; at = bytes.indexOf(COMMA, at + 1)) count += 1;
  return count;
}

/** A document of this size is parsed to estimate its text. */
const MAX_PARSED_BYTES = 1024 * 1024;
/** Bytes of a document for each token, with its names and brackets, if only its size is known. */
const DOCUMENT_BYTES_PER_TOKEN = 4 * BYTES_PER_TOKEN;

/**
 * Estimated output tokens of a complete document without counts. `body`: its last part, which is the whole document if it has
 * `totalBytes`.
 */
export function estimateOutput(body: Buffer, totalBytes: number): number {
  if (body.length === totalBytes && totalBytes <= MAX_PARSED_BYTES) {
    try {
      const document: unknown = JSON.parse(body.toString("utf8"));
      return estimateTokens(Reflect.get(Object(document), "choices"));
    } catch {
      // Estimated by its size.
    }
  }
  return Math.ceil(totalBytes / DOCUMENT_BYTES_PER_TOKEN);
}

/** Fields of messages and of their parts that contain text for the model. */
const TEXT_FIELDS: ReadonlySet<string> = new Set([
  "content",
  "text",
  "refusal",
  "tool_calls",
  "function",
  "arguments",
  "message",
  "reasoning_content",
  "reasoning",
]);

function textBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  // One token, by its id.
  if (typeof value === "number") return BYTES_PER_TOKEN;
  let bytes = 0;
  if (Array.isArray(value)) for (const part of value) bytes += textBytes(part);
  else if (typeof value === "object" && value !== null) {
    for (const [field, part] of Object.entries(value)) if (TEXT_FIELDS.has(field)) bytes += textBytes(part);
  }
  return bytes;
}
