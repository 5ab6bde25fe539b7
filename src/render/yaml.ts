import { stringify } from "yaml";

const OPTIONS = { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0, blockQuote: "literal" } as const;

/** Readers of YAML limit a key in the form `key: value` to 1024 characters; a longer one needs the library's form `? key`. */
const MAX_KEY_LENGTH = 1000;

/**
 * YAML that readers of versions 1.1 and 1.2 parse alike, and Go's reader (kubectl, Compose), which accepts numbers of both:
 * strings that any of them parses as another type (`off`, `1:30`, `0o7`, `1_000`) are quoted. So are characters that end a line or
 * are not printable in one of them. Block style, scripts as literal blocks, no folded lines, no anchors.
 *
 * Maps and lists are written here, ten times faster than by the library, which writes only strings that may need quotes.
 */
export function stringifyYaml(value: unknown): string {
  const lines: string[] = [];
  const writer = new Writer(lines);
  if (!writer.node(value, "", "")) return stringify(value, OPTIONS);
  return `${lines.join("\n")}\n`;
}

class Writer {
  /** Most strings of a rendering occur many times: names, labels, image references. */
  readonly #scalars = new Map<string, string>();

  constructor(readonly lines: string[]) {}

  /**
   * Writes a value after `lead` (what the line starts with: `key:`, `-` or nothing), with nested lines below `indent`.
   * Returns false if only the library can write the value correctly.
   */
  node(value: unknown, lead: string, indent: string): boolean {
    if (Array.isArray(value)) return this.#list(value, lead, indent);
    if (typeof value === "object" && value !== null) return this.#map(value, lead, indent);
    const text = this.#scalar(value);
    if (text === undefined) return false;
    this.lines.push(lead === "" ? text : `${lead} ${text}`.replaceAll(/\n(?=[^\n])/g, `\n${indent}`));
    return true;
  }

  #map(value: object, lead: string, indent: string): boolean {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    if (entries.length === 0) return this.#inline("{}", lead);
    const first = this.#opening(lead);
    let start = first ?? indent;
    for (const [key, field] of entries) {
      if (key.length > MAX_KEY_LENGTH) return false;
      const name =
        key.includes("\n") || key.length > 100 || DOCUMENT_MARKER.test(key) ? quoted(key) : this.#scalar(key);
      const nested = Array.isArray(field) || isMap(field) ? `${indent}  ` : indent;
      if (name === undefined || !this.node(field, `${start}${name}:`, nested)) return false;
      start = indent;
    }
    return true;
  }

  #list(value: readonly unknown[], lead: string, indent: string): boolean {
    if (value.length === 0) return this.#inline("[]", lead);
    let start = this.#opening(lead) ?? indent;
    for (const item of value) {
      const nested = Array.isArray(item) || isMap(item) ? `${indent}  ` : indent;
      if (!this.node(item === undefined ? null : item, `${start}-`, nested)) return false;
      start = indent;
    }
    return true;
  }

  /** Ends the line `key:`, and lets the first nested line follow a dash on the same line: the text that it starts with. */
  #opening(lead: string): string | undefined {
    if (lead.endsWith("-") && !lead.endsWith(":")) return `${lead} `;
    if (lead !== "") this.lines.push(lead);
    return undefined;
  }

  #inline(text: string, lead: string): boolean {
    this.lines.push(lead === "" ? text : `${lead} ${text}`);
    return true;
  }

  #scalar(value: unknown): string | undefined {
    if (value === null || value === undefined) return "null";
    if (typeof value === "boolean") return String(value);
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
    if (typeof value === "number") return stringify(value, OPTIONS).trimEnd();
    if (typeof value !== "string") return undefined;
    if (isPlain(value)) return value;
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    if (UNPRINTABLE.test(value) || NUMBER_LIKE.test(value) || value === "=" || value === "<<") return quoted(value);
    // In a map, because the form of a string of several lines depends on where it is.
    const text = stringify({ a: value }, OPTIONS).slice("a: ".length, -1);
    this.#scalars.set(value, text);
    return text;
  }
}

/** At the start of a line it starts or ends a document. */
const DOCUMENT_MARKER = /^(?:---|\.\.\.)/;

/** Words that readers of YAML 1.1 resolve to booleans, null (https://yaml.org/type/bool.html, null.html) or a float (`e0`). */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?[0-9].*)$/i;

/**
 * Characters that YAML 1.1 reads as line breaks (U+0085, U+2028, U+2029), and those that a YAML file must not contain as they are
 * (control characters, a byte order mark, surrogates without a partner, U+FFFE and U+FFFF). Tab and line feed are valid.
 */
const UNPRINTABLE = /[^\P{Cc}\t\n]|[\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/u;

/** What some reader may parse as a number: decimal, hexadecimal, octal and binary with `_`, base 60 and floats. */
const NUMBER_LIKE = /^[-+]?\.?[0-9][0-9a-fxob_.:]*(?:e[-+]?[0-9_]*)?$/i;

/** Whether a text has no character that `stringifyYaml` writes as an escape, and other writers may write as it is. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** A double-quoted scalar: JSON, with all unprintable characters as escapes. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\P{Cc}\t\n]|[\u2028\u2029\ufeff\ufffe\uffff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function isPlain(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !RESERVED.test(text);
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
