/** Maximum size of an event; a longer one is passed on (or discarded) in parts. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024;

const BLANK_LINE = Buffer.from("\n\n");
const CRLF_BLANK_LINE = Buffer.from("\r\n\r\n");
const DONE = Buffer.from("[DONE]");
const DATA_LINE = Buffer.from("data: ");
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes before a piece in which a blank line may begin that ends in it. */
const SEAM_BYTES = 3;

/** Splits a byte stream of server-sent events at the end of the last complete event. Each byte is searched once. */
export class EventCutter {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** The complete events so far; undefined when there is none. */
  push(chunk: Buffer): Buffer | undefined {
    const seam = this.#seam();
    const searched = seam === undefined ? chunk : Buffer.concat([seam, chunk]);
    const end = lastEventEnd(searched);
    if (end === 0) {
      this.#keep(chunk);
      return this.#bytes > MAX_EVENT_BYTES ? this.rest() : undefined;
    }
    const inChunk = end - (seam?.length ?? 0);
    const complete = inChunk === chunk.length ? chunk : chunk.subarray(0, inChunk);
    const before = this.rest();
    if (inChunk < chunk.length) this.#keep(chunk.subarray(inChunk));
    return before === undefined ? complete : Buffer.concat([before, complete]);
  }

  /** Removes and returns the bytes after the last complete event; undefined when there are none. */
  rest(): Buffer | undefined {
    const [first] = this.#parts;
    const rest = this.#parts.length === 1 ? first : first === undefined ? undefined : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return rest;
  }

  #keep(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The last bytes of what is kept. */
  #seam(): Buffer | undefined {
    const last = this.#parts.at(-1);
    if (last === undefined) return undefined;
    if (last.length >= SEAM_BYTES || this.#parts.length === 1) return last.subarray(-SEAM_BYTES);
    return Buffer.concat(this.#parts.slice(-SEAM_BYTES)).subarray(-SEAM_BYTES);
  }
}

function lastEventEnd(bytes: Buffer): number {
  const length = bytes.length;
  if (length >= 2 && bytes[length - 1] === 0x0a && bytes[length - 2] === 0x0a) return length;
  const plain = bytes.lastIndexOf(BLANK_LINE);
  const crlf = bytes.lastIndexOf(CRLF_BLANK_LINE);
  return Math.max(plain < 0 ? 0 : plain + 2, crlf < 0 ? 0 : crlf + 4);
}

/** Offset of the event `data: [DONE]`; -1 when there is none. Inside JSON the same text never starts a line. */
export function doneAt(bytes: Buffer): number {
  for (let at = bytes.indexOf(DONE); at >= 0; at = bytes.indexOf(DONE, at + 1)) {
    const line = bytes.lastIndexOf(0x0a, at) + 1;
    const before = bytes.toString("latin1", line, at);
    if (before === "data: " || before === "data:") return line;
  }
  return -1;
}

/** Offset of the event that contains the byte at `at`. */
export function eventStart(bytes: Buffer, at: number): number {
  return lastEventEnd(bytes.subarray(0, at));
}

/** The events of the bytes, one by one, each with the blank line after it. */
export function* eventsIn(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  // Most servers use one kind of line end: the other one is searched once, and not from each event to the end.
  let plain = bytes.indexOf(BLANK_LINE);
  let crlf = bytes.indexOf(CRLF_BLANK_LINE);
  while (start < bytes.length) {
    if (plain >= 0 && plain < start) plain = bytes.indexOf(BLANK_LINE, start);
    if (crlf >= 0 && crlf < start) crlf = bytes.indexOf(CRLF_BLANK_LINE, start);
    const end = plain < 0 && crlf < 0 ? bytes.length : crlf < 0 || (plain >= 0 && plain < crlf) ? plain + 2 : crlf + 4;
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** The data lines of one event, joined as the specification requires; undefined for an event without data. */
export function dataOf(event: Buffer): string | undefined {
  if (isOneLine(event)) return event.toString("utf8", DATA_LINE.length, event.length - BLANK_LINE.length);
  const lines = event
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5));
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Whether an event is `data: …` and a blank line, as almost all are. */
function isOneLine(event: Buffer): boolean {
  const end = event.length - BLANK_LINE.length;
  return (
    event.indexOf(LINE_FEED) === end &&
    event[end - 1] !== CARRIAGE_RETURN &&
    event.subarray(0, DATA_LINE.length).equals(DATA_LINE)
  );
}

const NAMED_ERROR = /^event: ?error\r?$/m;

/** Whether the name of an event is `error`. */
export function isNamedError(event: Buffer): boolean {
  return NAMED_ERROR.test(event.toString("latin1"));
}
