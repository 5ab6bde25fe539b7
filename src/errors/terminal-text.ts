/**
 * Text from outside (platform files, models, upstream servers, other processes) as it may be written to a terminal or to the
 * log of a CI job. A control sequence in it could retitle the window, write to the clipboard or hide a part of the output; a
 * line break could start a line that a CI system executes (`::error …` of GitHub Actions).
 */

/**
 * Characters that a terminal interprets or that change the order of the text around them: C0 and C1 controls and DEL, line
 * and paragraph separators, bidirectional embeddings, overrides and isolates (Unicode TR36 section 2.5), tags,
 * noncharacters and unpaired surrogates. Joiners and directional marks (U+200C to U+200F) are part of ordinary text.
 */
export const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this expression finds
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff\u{e0001}-\u{e007f}]|\p{Cs}/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u001b": "\\e" };

/** The text on one line: every unsafe character, also a line break or a tab, becomes an escape such as `\n` or `\u202e`. */
export function singleLine(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The text with its line breaks and tabs; every other unsafe character becomes an escape. `\r\n` is a line break. */
export function multiLine(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(UNSAFE, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
}

/** JSON in which every unsafe character of a string is an escape, so that it equals the same value for every parser. */
export function safeJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes C0 controls and unpaired surrogates; line breaks outside of strings are its own.
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, (character) =>
    character === "\n" ? character : jsonEscape(character),
  );
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return (
    NAMED[character] ??
    (code <= 0xff ? `\\x${hex(code, 2)}` : code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`)
  );
}

function jsonEscape(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join("");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
