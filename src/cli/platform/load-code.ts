import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { readIfPresentSync } from "../../disk/read.js";
import * as keelson from "../../index.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import type { Diagnostic } from "../../platform-file/index.js";
import { PROGRAM } from "../installation.js";

/** A position in a source file; lines and columns start at 1. */
interface Position {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A diagnostic before its file is named as the user gave it. */
type Problem = Pick<Diagnostic, "code" | "message" | "hint"> & { readonly position: Position };

/**
 * Runs a `.ts`/`.js` file of the user and returns the value of the `definePlatform(…)` that is its default export. TypeScript
 * is compiled without type checks, `keelson` resolves to this program, and other imports resolve as usual. `shown` is the
 * path as the user gave it. Throws a `DiagnosticsError` with the line of a syntax error, a failed import or a thrown error.
 */
export async function loadCode(path: string, shown: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    // The cache would be in the system's temporary directory, which other users can write to.
    fsCache: false,
    interopDefault: false,
    sourceMaps: true,
    virtualModules: { keelson },
  });
  let exported: unknown;
  // Positions in stack traces then refer to the source and not to the compiled code.
  process.setSourceMapsEnabled(true);
  try {
    exported = await jiti.import(path);
  } catch (error) {
    throw diagnosticsError(problemOf(error, path), path, shown);
  } finally {
    process.setSourceMapsEnabled(false);
  }
  // The default export of an ES module, or the exports of a CommonJS module.
  const value = definition(property(exported, "default")) ?? definition(exported);
  if (value) return value.value;
  throw diagnosticsError(
    {
      code: "code/no-platform",
      message: "the file does not export a platform",
      hint: "add `export default definePlatform({ … })`",
      position: { file: path, line: 1, column: 1 },
    },
    path,
    shown,
  );
}

function definition(exported: unknown): { readonly value: unknown } | undefined {
  if (property(exported, "kind") !== "keelson/platform") return undefined;
  return { value: property(exported, "value") };
}

function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}

function problemOf(error: unknown, path: string): Problem {
  if (!(error instanceof Error))
    return {
      code: "code/thrown",
      message: `${typeof error === "string" ? JSON.stringify(error) : String(error)} was thrown`,
      hint: "throw an Error: it records the line that it comes from",
      position: { file: path, line: 1, column: 1 },
    };
  return syntaxError(error) ?? importError(error, path) ?? thrownError(error, path);
}

/** jiti reports a syntax error as `ParseError: message`, with the position in the last line and the column starting at 0. */
function syntaxError({ message }: Error): Problem | undefined {
  const [, what = "", file = "", line, column] = /^ParseError: ([\s\S]*?)\s*\n (.+):(\d+):(\d+)$/.exec(message) ?? [];
  if (line === undefined) return undefined;
  return {
    code: "code/syntax",
    message: oneLine(what),
    position: { file, line: Number(line), column: Number(column) + 1 },
  };
}

/** An import that cannot be resolved, at the position of its specifier in the importing file. */
function importError(error: Error, path: string): Problem | undefined {
  const [, name] = /^Cannot find (?:module|package) '([^']+)'/.exec(error.message) ?? [];
  if (name === undefined) return undefined;
  const importers = property(error, "requireStack");
  const file = Array.isArray(importers) && typeof importers[0] === "string" ? importers[0] : path;
  const isPath = name.startsWith(".") || isAbsolute(name);
  return {
    code: "code/import",
    message: `cannot resolve the import \`${name}\``,
    hint: isPath
      ? `expected at ${resolve(dirname(file), name)}`
      : `packages are resolved from the directory of the file and its parents: npm install ${packageOf(name)}`,
    position: { file, ...positionOf(textOf(file), name) },
  };
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

function positionOf(text: string, name: string): Pick<Position, "line" | "column"> {
  const found = [`"${name}"`, `'${name}'`].map((quoted) => text.indexOf(quoted)).filter((at) => at >= 0);
  const before = text.slice(0, Math.min(...found, text.length)).split("\n");
  return found.length === 0
    ? { line: 1, column: 1 }
    : { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function thrownError(error: Error, path: string): Problem {
  // A call of a name that a module does not export, after compilation: `(0 , _keelson.name) is not a function`.
  const message = oneLine(error.message).replace(/\(0 ?, ?\w+\.(\w+)\)/g, "$1");
  return {
    code: "code/thrown",
    message: message === "" ? error.name : `${error.name}: ${message}`,
    position: frames(error.stack ?? "").find(isUserCode) ?? { file: path, line: 1, column: 1 },
  };
}

function frames(stack: string): Position[] {
  return [...stack.matchAll(/^ {4}at (?:.*\()?((?:file:\/\/)?\/.+?|[A-Za-z]:\\.+?):(\d+):(\d+)\)?$/gm)].map(
    ([, file = "", line, column]) => {
      const path = file.startsWith("file://") ? fileURLToPath(file) : file;
      return { file: path, line: Number(line), column: columnWithin(textOf(path), Number(line), Number(column)) };
    },
  );
}

/** Whether the frame is in a file of the user, and not in a package, jiti or this program. */
function isUserCode({ file }: Position): boolean {
  return !file.split(sep).includes("node_modules") && !file.startsWith(PROGRAM + sep);
}

/** A column of the compiled code can exceed the length of the source line; 1 in that case. */
function columnWithin(text: string, line: number, column: number): number {
  return column <= (text.split("\n")[line - 1]?.length ?? 0) + 1 ? column : 1;
}

function diagnosticsError({ position, ...problem }: Problem, path: string, shown: string): DiagnosticsError {
  const file = position.file === path ? shown : join(dirname(shown), relative(dirname(path), position.file));
  const origin = { kind: "file", file, line: position.line, column: position.column } as const;
  return new DiagnosticsError(shown, [{ ...problem, severity: "error", origin }], textOf(position.file));
}

function textOf(file: string): string {
  return readIfPresentSync(file) ?? "";
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
