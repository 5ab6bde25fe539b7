/** A value by its type; `start` and `end` (exclusive) are the offsets of its bytes. */
export interface Field {
  readonly kind: "string" | "number" | "true" | "false" | "null" | "object" | "array";
  readonly start: number;
  readonly end: number;
}

export type Scanned =
  | {
      readonly ok: true;
      /** The requested top-level fields that are present. */
      readonly fields: ReadonlyMap<string, Field>;
      /** Offset of the closing brace. */
      readonly close: number;
      readonly empty: boolean;
    }
  | { readonly ok: false; readonly message: string };

/** Above the depth of any tool's schema; a recursive parser overflows its stack at some thousands. */
const MAX_DEPTH = 256;

/**
 * Maximum number of fields, objects and lists of a body. Bodies are parsed while every other request waits: an object or a field takes
 * some 100 ns and 60 bytes, so that a body of 32 MiB of them would take seconds and gigabytes. Elements of lists are not counted: a list
 * of token ids has millions.
 */
const MAX_STRUCTURES = 500_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/**
 * Finds the requested top-level fields of a JSON object without building it: long strings are skipped with `indexOf`, so a
 * prompt of some hundred kilobytes costs microseconds. Brackets and strings are validated to the last byte; numbers and
 * commas inside nested values are not (the upstream parses them). A requested field that occurs twice is refused: two
 * parsers of the body could use different ones.
 */
export function scanObject(bytes: Buffer, wanted: ReadonlySet<string>): Scanned {
  return new Scanner(bytes).object(wanted);
}

/** Closing bytes of the open brackets. Shared by all scans, which never overlap: each one is synchronous. */
const open = new Uint8Array(MAX_DEPTH);

class Scanner {
  #at = 0;
  #problem: string | undefined;
  #structures = 0;

  constructor(private readonly bytes: Buffer) {}

  object(wanted: ReadonlySet<string>): Scanned {
    const { bytes } = this;
    const fields = new Map<string, Field>();
    this.#space();
    if (bytes[this.#at] !== OPEN_BRACE) return failed("the body must be a JSON object");
    this.#at += 1;
    this.#space();
    let empty = true;
    let close = this.#at;
    if (bytes[this.#at] === CLOSE_BRACE) this.#at += 1;
    else {
      empty = false;
      for (;;) {
        this.#space();
        const keyStart = this.#at;
        if (bytes[keyStart] !== QUOTE || !this.#string()) return this.#fail("expected a field name in quotes");
        const key = textOf(bytes, keyStart, this.#at);
        if (key === undefined) return this.#fail("a field name is not valid");
        this.#space();
        if (bytes[this.#at] !== COLON) return this.#fail("expected a colon after a field name");
        this.#at += 1;
        if (!this.#count()) return this.#fail("too many fields");
        this.#space();
        const start = this.#at;
        const kind = this.#value();
        if (kind === undefined) return this.#fail("expected a value");
        if (wanted.has(key)) {
          if (fields.has(key)) return failed(`the field "${key}" occurs twice`);
          fields.set(key, { kind, start, end: this.#at });
        }
        this.#space();
        close = this.#at;
        const next = bytes[this.#at];
        this.#at += 1;
        if (next === CLOSE_BRACE) break;
        if (next !== COMMA) return this.#fail("expected a comma or the end of the object");
      }
    }
    this.#space();
    if (this.#at !== bytes.length) return failed("there is content after the JSON object");
    return { ok: true, fields, close, empty };
  }

  #fail(message: string): Scanned {
    const where = Math.min(this.#at, this.bytes.length);
    return failed(this.#problem ?? `the body is not valid JSON: ${message} at byte ${where}`);
  }

  /** Counts a field, object or list; false if there are too many. */
  #count(): boolean {
    this.#structures += 1;
    if (this.#structures <= MAX_STRUCTURES) return true;
    this.#problem = `the body has more than ${MAX_STRUCTURES.toLocaleString("en")} fields, objects and lists`;
    return false;
  }

  #space(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  /** Skips the string that starts here; false when it has no end. */
  #string(): boolean {
    const { bytes } = this;
    let at = this.#at + 1;
    let near = at + 64;
    for (;;) {
      // Short strings are cheaper byte by byte; the next quote of a long one is found natively.
      while (at < near) {
        const byte = bytes[at];
        if (byte === undefined) return false;
        if (byte === QUOTE) {
          this.#at = at + 1;
          return true;
        }
        at += byte === BACKSLASH ? 2 : 1;
      }
      const found = bytes.indexOf(QUOTE, at);
      if (found < 0) return false;
      let slashes = 0;
      while (found - 1 - slashes >= at && bytes[found - 1 - slashes] === BACKSLASH) slashes += 1;
      if (slashes % 2 === 0) {
        this.#at = found + 1;
        return true;
      }
      at = found + 1;
      near = at + 64;
    }
  }

  #value(): Field["kind"] | undefined {
    switch (this.bytes[this.#at]) {
      case QUOTE:
        return this.#string() ? "string" : undefined;
      case OPEN_BRACE:
        return this.#nested() ? "object" : undefined;
      case OPEN_BRACKET:
        return this.#nested() ? "array" : undefined;
      case 0x74:
        return this.#word("true") ? "true" : undefined;
      case 0x66:
        return this.#word("false") ? "false" : undefined;
      case 0x6e:
        return this.#word("null") ? "null" : undefined;
      default:
        return this.#number() ? "number" : undefined;
    }
  }

  #word(word: string): boolean {
    if (this.bytes.toString("latin1", this.#at, this.#at + word.length) !== word) return false;
    this.#at += word.length;
    return true;
  }

  #number(): boolean {
    const { bytes } = this;
    const start = this.#at;
    for (;;) {
      const byte = bytes[this.#at];
      const part =
        byte !== undefined &&
        ((byte >= 0x30 && byte <= 0x39) ||
          byte === 0x2d ||
          byte === 0x2b ||
          byte === 0x2e ||
          byte === 0x65 ||
          byte === 0x45);
      if (!part) break;
      this.#at += 1;
    }
    return this.#at > start && this.#at - start <= 400 && NUMBER.test(bytes.toString("latin1", start, this.#at));
  }

  /** Skips an object or array with its contents. */
  #nested(): boolean {
    const { bytes } = this;
    let depth = 0;
    for (;;) {
      const byte = bytes[this.#at];
      switch (byte) {
        case undefined:
          return false;
        case QUOTE:
          if (!this.#string()) return false;
          continue;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          if (depth === MAX_DEPTH) {
            this.#problem = `the body is nested deeper than ${MAX_DEPTH} levels`;
            return false;
          }
          if (!this.#count()) return false;
          open[depth] = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
          depth += 1;
          break;
        case COLON:
          if (!this.#count()) return false;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          depth -= 1;
          if (open[depth] !== byte) return false;
          if (depth === 0) {
            this.#at += 1;
            return true;
          }
          break;
      }
      this.#at += 1;
    }
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function failed(message: string): Scanned {
  return { ok: false, message };
}

/** The text of a JSON string, given its bytes with quotes; undefined when an escape in it is not valid. */
export function textOf(bytes: Buffer, start: number, end: number): string | undefined {
  const inner = bytes.toString("utf8", start + 1, end - 1);
  if (!inner.includes("\\") && !CONTROL_CHARACTERS.test(inner)) return inner;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", start, end));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside strings
const CONTROL_CHARACTERS = /[\u0000-\u001f]/;
