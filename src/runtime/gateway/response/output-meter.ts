import { BYTES_PER_TOKEN } from "../token-estimate.js";

/** Names of the fields of an event that contain what the model has generated. */
const FIELDS = ["content", "text", "arguments", "reasoning_content", "reasoning", "refusal"].map((name) =>
  Buffer.from(`"${name}"`),
);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** Text of this size in an average piece is more than one token: almost all tokens are shorter. */
const MAX_TOKEN_BYTES = 16;

/** Events that wait to be measured. Most servers send counts at the end, so that a short stream is never measured. */
const MAX_WAITING_BYTES = 16 * 1024;
const MAX_WAITING_PARTS = 64;

/**
 * Measures what a stream has generated, for an upstream that sends no counts. Most servers send one token in a piece, and some
 * many at once: then the size of the text counts. The bytes are those of the upstream, so that the estimate does not depend on the
 * API of the client.
 */
export class OutputMeter {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #pieces = 0;
  #bytes = 0;

  /** Complete events of the upstream. */
  push(events: Buffer): void {
    this.#waiting.push(events);
    this.#waitingBytes += events.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES || this.#waiting.length > MAX_WAITING_PARTS) this.#measureWaiting();
  }

  get tokens(): number {
    this.#measureWaiting();
    return this.#bytes > this.#pieces * MAX_TOKEN_BYTES ? Math.ceil(this.#bytes / BYTES_PER_TOKEN) : this.#pieces;
  }

  #measureWaiting(): void {
    for (const events of this.#waiting) this.#measure(events);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Counts the strings that are values of the fields, in one pass over the bytes. */
  #measure(bytes: Buffer): void {
    for (let name = nextQuote(bytes, 0); name < bytes.length; ) {
      const nameEnd = stringEnd(bytes, name);
      const value = stringValue(bytes, nameEnd + 1);
      if (value < 0) {
        name = nextQuote(bytes, nameEnd + 1);
        continue;
      }
      const end = stringEnd(bytes, value);
      const size = end - value - 1;
      if (size > 0 && isField(bytes, name, nameEnd)) {
        this.#pieces += 1;
        this.#bytes += size;
      }
      name = nextQuote(bytes, end + 1);
    }
  }
}

/** Offset of the next quote, or the length of the bytes. */
function nextQuote(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from;
  while (at < length && bytes[at] !== QUOTE) at += 1;
  return at;
}

/** Offset of the quote that ends a string. No string contains a line feed: one that has no end, as in a comment, ends there. */
function stringEnd(bytes: Buffer, quote: number): number {
  const { length } = bytes;
  let at = quote + 1;
  for (; at < length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE || byte === LINE_FEED) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return length;
}

/** Offset of the string that is the value of a name which ends before `from`; -1 if its value is no string, or it is no name. */
function stringValue(bytes: Buffer, from: number): number {
  let at = afterSpaces(bytes, from);
  if (bytes[at] !== COLON) return -1;
  at = afterSpaces(bytes, at + 1);
  return bytes[at] === QUOTE ? at : -1;
}

function afterSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === SPACE) at += 1;
  return at;
}

/** Whether the string from `quote` to `end` is the name of a field. */
function isField(bytes: Buffer, quote: number, end: number): boolean {
  for (const field of FIELDS) {
    if (field.length !== end + 1 - quote) continue;
    let same = 1;
    while (same < field.length && bytes[quote + same] === field[same]) same += 1;
    if (same === field.length) return true;
  }
  return false;
}
