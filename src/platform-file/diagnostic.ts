import type { ErrorCode } from "../errors/catalogue.js";
import { singleLine, UNSAFE } from "../errors/terminal-text.js";
import { Lines } from "./lines.js";
import type { Origin, Path } from "./origin.js";

/** One change of the platform file. `value: undefined` removes the key. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
  /** The new name of the key, whose value does not change; `value` is ignored. */
  readonly rename?: string;
}

/** An edit, and the environment whose overrides it changes; undefined changes the base. */
export interface ScopedEdit extends Edit {
  readonly environment?: string | undefined;
}

/** Maximum length of the underline of a diagnostic, in characters. */
export const MAX_UNDERLINE = 80;

/** One problem of a platform file: what, how severe, where, and what to do about it. A rule's finding has the rule's code. */
export interface Diagnostic<Code extends string = ErrorCode> {
  /** Stable and greppable, e.g. `spec/unknown-key`. */
  readonly code: Code;
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  readonly origin: Origin;
  /** Path in the platform file; the only position of a problem in a platform defined in code. */
  readonly path?: Path | undefined;
  /** Number of characters that the caret underlines; 1 if unknown. */
  readonly length?: number | undefined;
  readonly hint?: string | undefined;
  readonly fix?: readonly Edit[] | undefined;
}

/** `file:line:column`, or file and path if the line is unknown. */
export function formatPlace(diagnostic: Pick<Diagnostic<string>, "origin" | "path">): string {
  const { file, line, column } = diagnostic.origin;
  if (line > 0) return `${file}:${line}:${column}`;
  return diagnostic.path ? `${file} at ${diagnostic.path}` : file;
}

/**
 * One diagnostic for the terminal: `file:line:column severity code message`, the line with a caret, and the hint. Without
 * `source`, the text of the file, the line is omitted.
 */
export function formatDiagnostic(diagnostic: Diagnostic<string>, source?: string | Lines): string {
  const { code, severity, message, origin, hint } = diagnostic;
  const lines = [singleLine(`${formatPlace(diagnostic)} ${severity} ${code} ${message}`)];
  const from = typeof source === "string" ? new Lines(source) : source;
  const line = origin.line > 0 ? from?.line(origin.line) : undefined;
  if (line !== undefined) lines.push(...excerpt(line, origin.line, origin.column, diagnostic.length ?? 1));
  if (hint !== undefined) lines.push(`  hint: ${singleLine(hint)}`);
  return lines.join("\n");
}

/** All diagnostics in the given order, and their number. */
export function formatDiagnostics(diagnostics: readonly Diagnostic<string>[], text?: string): string {
  const count = (["error", "warning", "note"] as const)
    .map((severity) => [severity, diagnostics.filter((each) => each.severity === severity).length] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => plural(number, severity))
    .join(", ");
  const source = text === undefined ? undefined : new Lines(text);
  return [...diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, source)), count].join("\n\n");
}

/** By position, then by code and message, so that the order does not depend on the order of the checks. */
export function sortDiagnostics<Kind extends Diagnostic<string>>(diagnostics: readonly Kind[]): Kind[] {
  return [...diagnostics].sort(
    (a, b) =>
      compare(a.origin.file, b.origin.file) ||
      a.origin.line - b.origin.line ||
      a.origin.column - b.origin.column ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  );
}

/** Characters of a quoted word in a message: names have at most 63. */
const MAX_QUOTED_CHARACTERS = 80;
const MAX_MESSAGE_CHARACTERS = 400;

/** Diagnostics whose messages and hints are short, however long the names and values that they quote. */
export function conciseDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((diagnostic) => ({
    ...diagnostic,
    message: concise(diagnostic.message),
    ...(diagnostic.hint !== undefined && { hint: concise(diagnostic.hint) }),
  }));
}

/** Cuts long words, because only quoted values have them, and then the text. */
function concise(text: string): string {
  if (text.length <= MAX_QUOTED_CHARACTERS) return text;
  const cut = text.replace(
    LONG_WORD,
    (word) => `${word.slice(0, MAX_QUOTED_CHARACTERS - 1)}…${word.endsWith("`") ? "`" : ""}`,
  );
  return cut.length <= MAX_MESSAGE_CHARACTERS ? cut : `${cut.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
}

const LONG_WORD = new RegExp(`\\S{${MAX_QUOTED_CHARACTERS + 1},}`, "g");

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The line, cut around the caret if it is long, and the caret. A tab becomes one space, so that the caret is aligned. */
function excerpt(source: string, line: number, column: number, length: number): string[] {
  const from = Math.max(0, column - 1 - 60);
  const cut = source
    .slice(from, from + 110)
    .replaceAll("\t", " ")
    .replace(UNSAFE, "�");
  const gutter = String(line);
  const caret = "^".repeat(Math.max(1, Math.min(length, cut.length - (column - 1 - from))));
  return [
    `  ${gutter} | ${from > 0 ? "…" : ""}${cut}`,
    `  ${" ".repeat(gutter.length)} | ${" ".repeat(column - 1 - from + (from > 0 ? 1 : 0))}${caret}`,
  ];
}
