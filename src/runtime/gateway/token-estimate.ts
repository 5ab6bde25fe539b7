/** Approximate for English and code. Used only if an upstream returns no count. */
export const BYTES_PER_TOKEN = 4;

const QUOTE = 0x22;
const DATA_URL = Buffer.from('"data:');

/**
 * Estimated tokens of a prompt: messages (of either API), texts, or lists of token ids. The names and brackets around the
 * text are not counted, nor are images and audio, whose cost depends on the model.
 */
export function estimateTokens(subject: unknown): number {
  return Math.ceil(textBytes(subject) / BYTES_PER_TOKEN);
}

/** The same for a prompt that was not parsed. It is large, so the names and brackets around its text add little. */
export function estimateTokensOfJson(bytes: Buffer): number {
  let text = bytes.length;
  for (let at = bytes.indexOf(DATA_URL); at >= 0; at = bytes.indexOf(DATA_URL, at + 1)) {
    const end = bytes.indexOf(QUOTE, at + DATA_URL.length);
    if (end < 0) break;
    text -= end - at;
    at = end;
  }
  return Math.ceil(text / BYTES_PER_TOKEN);
}

/** Fields of messages and of their parts that contain text for the model. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(["content", "text", "refusal", "tool_calls", "function", "arguments"]);

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
