import { multiLine, safeJson } from "../../errors/terminal-text.js";
import { rendered } from "./colours.js";

/**
 * The only writers to stdout and stderr. Text from outside is escaped here, so no command can write a control sequence to a
 * terminal by mistake. A value that must stay on its line (a name, a message of another process) is passed through
 * `singleLine` by the command.
 */

/** Writes text for a person to stdout. */
export function print(text: string): void {
  process.stdout.write(forTerminal(text));
}

/** Writes text for a person to stderr: progress, notes, warnings. */
export function printError(text: string): void {
  process.stderr.write(forTerminal(text));
}

/** Writes a JSON document and a line break to stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${safeJson(value, 2)}\n`);
}

/** Writes one JSON document per line, for a stream of documents. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${safeJson(value)}\n`);
}

/** Writes a document whose bytes matter, such as a rendered file or CSV, to stdout. Only a terminal receives it escaped. */
export function printDocument(text: string): void {
  process.stdout.write(process.stdout.isTTY ? forTerminal(text) : text);
}

/** The text as it is written: markers of styles become control sequences, everything else that a terminal interprets is escaped. */
export function forTerminal(text: string): string {
  return rendered(text, multiLine);
}

/** Prints the result of a command: as a JSON document with `--json`, otherwise as text, to which a line break is added. */
export function printResult(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json) printJson(value);
  else print(`${text()}\n`);
}

/** Prints the parts of one text to stdout as they arrive. A character that is split between two parts is printed as one. */
export class PartPrinter {
  #high = "";

  print(part: string): void {
    const text = this.#high + part;
    const split = /[\ud800-\udbff]$/.test(text);
    this.#high = split ? text.slice(-1) : "";
    print(split ? text.slice(0, -1) : text);
  }

  /** Prints what remains at the end of the text. */
  end(): void {
    print(this.#high);
    this.#high = "";
  }
}
