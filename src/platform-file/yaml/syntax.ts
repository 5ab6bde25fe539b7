import type { YAMLError } from "yaml";
import { messageOf } from "../../errors/thrown.js";
import type { Diagnostic } from "../diagnostic.js";
import type { SourceMap } from "../tree.js";
import { type Problem, problem } from "./problem.js";

/** Maximum size of a platform file in characters. Ten thousand services take about three million. */
export const MAX_FILE_CHARACTERS = 8 * 1024 * 1024;

/** A text that is not parsed at all: too large, or not text. */
export function refuseText(text: string): (Problem & { readonly at: number }) | undefined {
  if (text.length > MAX_FILE_CHARACTERS) {
    const size = `${(text.length / 1024 / 1024).toFixed(1)} MiB`;
    const message = `the file has ${size}; a platform file has at most ${MAX_FILE_CHARACTERS / 1024 / 1024} MiB`;
    return { at: 0, code: "file/too-large", message, hint: "is this the right file?" };
  }
  const binary = text.indexOf("\u0000");
  if (binary >= 0)
    return { at: binary, code: "file/binary", message: "the file is not text", hint: "a platform file is UTF-8 YAML" };
  return undefined;
}

/** The parser threw. It recurses, so that a file with very deep nesting exhausts the stack. */
export function parserFailure(error: unknown): Problem {
  if (error instanceof RangeError)
    return { code: "yaml/too-deep", message: "the nesting is too deep", hint: "reduce the nesting" };
  return { code: "yaml/syntax", message: messageOf(error) };
}

/** An error that the parser reported. */
export function syntaxProblem(source: SourceMap, { code, message, pos }: YAMLError): Diagnostic {
  const [at] = pos;
  if (code === "TAB_AS_INDENT")
    return problem(source, at, {
      code: "yaml/tab",
      message: "YAML is indented with spaces, not tabs",
      hint: "use two spaces",
    });
  if (code === "RESOURCE_EXHAUSTION")
    return problem(source, at, {
      code: "yaml/too-deep",
      message: "the nesting is too deep",
      hint: "reduce the nesting",
    });
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  const hint = SYNTAX_HINTS.get(code);
  return problem(source, at, { code: "yaml/syntax", message: text, ...(hint === undefined ? {} : { hint }) });
}

/** Hints for the most frequent errors of the parser, by its code. */
const SYNTAX_HINTS: ReadonlyMap<string, string> = new Map([
  ["BAD_INDENT", "indent lines of one block by the same number of spaces, and close every `{` and `[`"],
  ["MISSING_CHAR", "close every `{`, `[` and quote, and separate the items in them by commas"],
  ["IMPLICIT_KEY", "put a space after the colon, or quote the text"],
  ["BLOCK_AS_IMPLICIT_KEY", "put nested keys on lines of their own, or inside `{ }`"],
  ["MULTILINE_IMPLICIT_KEY", "is a colon missing after the key?"],
  ["KEY_OVER_1024_CHARS", "a key is a short word: is a line break missing?"],
  ["BAD_SCALAR_START", "quote text that starts with a special character"],
  ["UNEXPECTED_TOKEN", "quote text that contains special characters"],
  ["MISSING_ANCHOR", "give the anchor a name: `&name`"],
]);

/** Removes duplicates: the parser reports an unclosed brace once for each open one. */
export function distinctProblems(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return problems.filter(({ origin, message }) => {
    const key = `${origin.line}:${origin.column} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
