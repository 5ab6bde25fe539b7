import type { WriteStream } from "node:tty";

/** Terminal styles. A style only repeats what the text states, so that output without colours is complete. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const plain = (text: string): string => text;
const code =
  (on: number, off: number) =>
  (text: string): string =>
    text === "" ? text : `\u001b[${on}m${text}\u001b[${off}m`;

export const colourless: Colours = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
const ansi: Colours = {
  bold: code(1, 22),
  dim: code(2, 22),
  red: code(31, 39),
  green: code(32, 39),
  yellow: code(33, 39),
};

/** Colours on a terminal, unless NO_COLOR is set (no-color.org). */
export function coloursFor(stream: Pick<WriteStream, "isTTY">, environment: NodeJS.ProcessEnv): Colours {
  const disabled = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return stream.isTTY && !disabled ? ansi : colourless;
}
