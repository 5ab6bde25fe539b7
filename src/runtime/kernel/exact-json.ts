import { randomUUID } from "node:crypto";

/**
 * JSON whose numbers keep their digits. JavaScript's numbers have 53 bits: 9007199254740993 becomes …992, and 1.0 becomes 1. Node.js has
 * `JSON.rawJSON` only since version 21: https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/JSON/rawJSON.
 */

/** Name of the only field of an object that stands for a number. No client can send it. */
const NUMBER_FIELD = `number-${randomUUID()}`;
const STANDS_FOR_NUMBER = new RegExp(`\\{"${NUMBER_FIELD}":"([^"]+)"\\}`, "g");
/** A string, or a number that JavaScript may format differently: whole numbers of up to 15 digits are exact. */
const QUOTE_OR_NUMBER = /"|-?\d+[.eE][\d.eE+-]*|-?\d{16,}|-0/g;
/** Text with more strings, or more such numbers, is parsed as usual: millions of them would delay every other request for seconds. */
const MAX_TOKENS = 1_000_000;
const MAX_NUMBERS = 10_000;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Parses JSON. A number that JavaScript would format differently becomes an object that only `stringifyExactly` and `rounded` can read.
 * Throws `SyntaxError`.
 */
export function parseExactly(json: string): unknown {
  return JSON.parse(withoutInexactNumbers(json));
}

/** Whether `parseExactly` returns another value than `JSON.parse`. */
export function hasInexactNumbers(json: string): boolean {
  return withoutInexactNumbers(json) !== json;
}

/** The JSON text of a value, with the digits of the numbers that `parseExactly` has found. */
export function stringifyExactly(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes(NUMBER_FIELD) ? json.replace(STANDS_FOR_NUMBER, "$1") : json;
}

/** A value of `parseExactly` with JavaScript's numbers, as `JSON.parse` returns it. */
export function rounded(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(rounded);
  const digits: unknown = Reflect.get(value, NUMBER_FIELD);
  if (typeof digits === "string") return Number(digits);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)]));
}

/** Invalid JSON stays invalid: only valid numbers are replaced. */
function withoutInexactNumbers(json: string): string {
  const parts: string[] = [];
  let from = 0;
  let tokens = 0;
  QUOTE_OR_NUMBER.lastIndex = 0;
  for (let found = QUOTE_OR_NUMBER.exec(json); found !== null; found = QUOTE_OR_NUMBER.exec(json)) {
    const [token] = found;
    tokens += 1;
    if (tokens > MAX_TOKENS || parts.length > 2 * MAX_NUMBERS) return json;
    if (token === '"') QUOTE_OR_NUMBER.lastIndex = stringEnd(json, found.index);
    else if (String(Number(token)) !== token && NUMBER.test(token)) {
      parts.push(json.slice(from, found.index), `{"${NUMBER_FIELD}":"${token}"}`);
      from = found.index + token.length;
    }
  }
  return parts.length === 0 ? json : parts.join("") + json.slice(from);
}

/** Offset after the string that starts at `start`. */
function stringEnd(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return json.length;
}
