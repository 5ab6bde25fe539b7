import type { ErrorCode } from "../errors/catalogue.js";
import type { Origin, Path } from "./origin.js";

/** One change of the platform file; `value: undefined` removes the key. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
  /** Instead of a value: the key takes this name and keeps what stands behind it. */
  readonly rename?: string;
}

/** One problem of a platform file: what, how severe, where, and what to do about it. A rule's finding has the rule's code. */
export interface Diagnostic<Code extends string = ErrorCode> {
  /** Stable and greppable, e.g. `spec/unknown-key`. */
  readonly code: Code;
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  readonly origin: Origin;
  /** Path in the platform file; the only place there is for a platform that was defined in code. */
  readonly path?: Path | undefined;
  /** Characters of the line that the caret underlines; one when unknown. */
  readonly length?: number | undefined;
  readonly hint?: string | undefined;
  readonly fix?: readonly Edit[] | undefined;
}

/** `file:line:column`, or the file and the path where lines are unknown. */
export function formatPlace(diagnostic: Pick<Diagnostic<string>, "origin" | "path">): string {
  const { file, line, column } = diagnostic.origin;
  if (line > 0) return `${file}:${line}:${column}`;
  return diagnostic.path ? `${file} at ${diagnostic.path}` : file;
}

/**
 * One diagnostic as a person reads it: `file:line:column severity code message`, the offending line with a caret, and
 * the hint. `text` is the file's text, when it is at hand.
 */
export function formatDiagnostic(diagnostic: Diagnostic<string>, text?: string): string {
  const { code, severity, message, origin, hint } = diagnostic;
  const lines = [`${formatPlace(diagnostic)} ${severity} ${code} ${message}`];
  const source = origin.line > 0 ? lineOf(text, origin.line) : undefined;
  if (source !== undefined) lines.push(...excerpt(source, origin.line, origin.column, diagnostic.length ?? 1));
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}

/** Every diagnostic, in the order of the file, and how many there are. */
export function formatDiagnostics(diagnostics: readonly Diagnostic<string>[], text?: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const others = diagnostics.length - errors;
  const count = [errors > 0 ? plural(errors, "error") : "", others > 0 ? plural(others, "remark") : ""]
    .filter((part) => part !== "")
    .join(", ");
  return [...diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, text)), count].join("\n\n");
}

/** By place, then by code, so that the same file always reads the same. */
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function lineOf(text: string | undefined, line: number): string | undefined {
  if (text === undefined) return undefined;
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
}

/** A long line is cut around the caret; tabs become spaces so that the caret stands under its character. */
function excerpt(source: string, line: number, column: number, length: number): string[] {
  const from = Math.max(0, column - 1 - 60);
  const cut = source
    .slice(from, from + 110)
    .replaceAll("\t", " ")
    .replace(/\p{Cc}/gu, "�");
  const gutter = String(line);
  const caret = "^".repeat(Math.max(1, Math.min(length, cut.length - (column - 1 - from))));
  return [
    `  ${gutter} | ${from > 0 ? "…" : ""}${cut}`,
    `  ${" ".repeat(gutter.length)} | ${" ".repeat(column - 1 - from + (from > 0 ? 1 : 0))}${caret}`,
  ];
}
