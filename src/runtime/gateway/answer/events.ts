/** An event that never ends is not one: beyond this it is passed on (or dropped) as it is. */
const longestEvent = 8 * 1024 * 1024;

const blank = Buffer.from("\n\n");
const crlfBlank = Buffer.from("\r\n\r\n");
const done = Buffer.from("[DONE]");

/** Cuts a byte stream of server-sent events at the end of the last whole event. */
export class EventCutter {
  #rest: Buffer | undefined;

  /** The whole events that are there now; undefined when none is. */
  push(chunk: Buffer): Buffer | undefined {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = lastEventEnd(bytes);
    if (end === bytes.length) {
      this.#rest = undefined;
      return bytes;
    }
    if (end === 0) {
      if (bytes.length > longestEvent) {
        this.#rest = undefined;
        return bytes;
      }
      this.#rest = bytes;
      return undefined;
    }
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end);
  }

  /** What came after the last whole event. */
  rest(): Buffer | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest;
  }
}

function lastEventEnd(bytes: Buffer): number {
  const length = bytes.length;
  if (length >= 2 && bytes[length - 1] === 0x0a && bytes[length - 2] === 0x0a) return length;
  const plain = bytes.lastIndexOf(blank);
  const crlf = bytes.lastIndexOf(crlfBlank);
  return Math.max(plain < 0 ? 0 : plain + 2, crlf < 0 ? 0 : crlf + 4);
}

/** How many events (by their blank lines) are in the bytes. A search for one byte is the cheapest there is. */
export function eventCount(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    const next = bytes[at + 1] === 0x0d ? at + 2 : at + 1;
    if (bytes[next] !== 0x0a) continue;
    count += 1;
    at = next;
  }
  return count;
}

/** Where the event `data: [DONE]` begins; -1 when it is not there. Inside JSON the same words never begin a line. */
export function doneAt(bytes: Buffer): number {
  for (let at = bytes.indexOf(done); at >= 0; at = bytes.indexOf(done, at + 1)) {
    const line = bytes.lastIndexOf(0x0a, at) + 1;
    const before = bytes.toString("latin1", line, at);
    if (before === "data: " || before === "data:") return line;
  }
  return -1;
}

/** Where the event that holds the byte at `at` begins. */
export function eventStart(bytes: Buffer, at: number): number {
  return lastEventEnd(bytes.subarray(0, at));
}

/** The events of the bytes, one by one, each with the blank line that ends it. */
export function* eventsIn(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  while (start < bytes.length) {
    const plain = bytes.indexOf(blank, start);
    const crlf = bytes.indexOf(crlfBlank, start);
    const end = plain < 0 && crlf < 0 ? bytes.length : crlf < 0 || (plain >= 0 && plain < crlf) ? plain + 2 : crlf + 4;
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** The data lines of one event, joined as the standard says; undefined for an event without data. */
export function dataOf(event: Buffer): string | undefined {
  const lines = event
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5));
  return lines.length === 0 ? undefined : lines.join("\n");
}
