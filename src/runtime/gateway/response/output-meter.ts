import { BYTES_PER_TOKEN } from "../token-estimate.js";

/** Names of the fields of an event that contain what the model has generated. */
const FIELDS = ["content", "text", "arguments", "reasoning_content", "reasoning", "refusal"].map((name) =>
  Buffer.from(`"${name}"`),
);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;

/** Text of this size in an average piece is more than one token: almost all tokens are shorter. */
const MAX_TOKEN_BYTES = 16;

/**
 * Measures what a stream has generated, for an upstream that sends no counts. Most servers send one token in a piece, and some
 * many at once: then the size of the text counts. The bytes are those of the upstream, so that the estimate does not depend on the
 * API of the client.
 */
export class OutputMeter {
  #pieces = 0;
  #bytes = 0;

  /** Complete events of the upstream. */
  push(events: Buffer): void {
    for (const field of FIELDS) {
      for (let at = events.indexOf(field); at >= 0; at = events.indexOf(field, at + 1)) {
        const size = stringSize(events, at + field.length);
        if (size === 0) continue;
        this.#pieces += 1;
        this.#bytes += size;
      }
    }
  }

  get tokens(): number {
    return this.#bytes > this.#pieces * MAX_TOKEN_BYTES ? Math.ceil(this.#bytes / BYTES_PER_TOKEN) : this.#pieces;
  }
}

/** Bytes of the string that is the value of the field whose name ends at `from`; 0 if its value is no string. */
function stringSize(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === COLON || bytes[at] === SPACE) at += 1;
  if (at === from || bytes[at] !== QUOTE) return 0;
  const start = at + 1;
  let end = bytes.indexOf(QUOTE, start);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return (end < 0 ? bytes.length : end) - start;
}

function isEscaped(bytes: Buffer, quote: number): boolean {
  let at = quote - 1;
  while (bytes[at] === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}
