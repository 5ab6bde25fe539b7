import type { WriteStream } from "node:tty";
import { singleLine } from "../../errors/terminal-text.js";

/** Terminal styles. A style only repeats what the text states, so that output without colours is complete. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** SGR parameters that begin and end each style. */
const SGR = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

/**
 * Until `output.ts` writes it, a styled text contains markers instead of control sequences: Unicode noncharacters, which
 * never occur in text that is interchanged. A control sequence in a text therefore never comes from Keelson, and is escaped.
 */
const FIRST_MARKER = 0xfdd0;
const sequences = new Map<string, string>();
const styles = Object.fromEntries(
  Object.entries(SGR).map(([name, parameters], index) => {
    const [begin = "", end = ""] = parameters.map((parameter, at) => {
      const marker = String.fromCharCode(FIRST_MARKER + 2 * index + at);
      sequences.set(marker, `\u001b[${parameter}m`);
      return marker;
    });
    return [name, (text: string) => (text === "" ? text : `${begin}${text}${end}`)];
  }),
);

const plain = (text: string): string => text;
export const colourless: Colours = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
const styled: Colours = { ...colourless, ...styles };

/** Colours on a terminal, unless NO_COLOR is set (no-color.org). */
export function coloursFor(stream: Pick<WriteStream, "isTTY">, environment: NodeJS.ProcessEnv): Colours {
  const disabled = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return stream.isTTY && !disabled ? styled : colourless;
}

const MARKER = /([\ufdd0-\ufddf])/;

/** The text as it is written to a terminal: `clean` is applied to the text, and markers of styles become control sequences. */
export function rendered(text: string, clean: (part: string) => string): string {
  return mapParts(text, clean, (marker) => sequences.get(marker) ?? "");
}

/** The styled text on one line. */
export function styledLine(text: string): string {
  return mapParts(text, singleLine, (marker) => marker);
}

/** The number of characters of a text that are visible. */
export function visibleLength(text: string): number {
  return mapParts(
    text,
    (part) => part,
    () => "",
  ).length;
}

function mapParts(text: string, ofText: (part: string) => string, ofMarker: (marker: string) => string): string {
  return text
    .split(MARKER)
    .map((part, at) => (at % 2 === 0 ? ofText(part) : ofMarker(part)))
    .join("");
}
