import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { readIfPresentSync } from "../disk/read.js";
import * as keelson from "../index.js";
import { DiagnosticsError } from "../platform-file/diagnostics-error.js";
import type { Diagnostic } from "../platform-file/index.js";

/** A place in a file of code; both count from one. */
interface Place {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

type Complaint = Pick<Diagnostic, "code" | "message" | "hint"> & { readonly place: Place };

/**
 * What a `.ts`/`.js` file defines: the value of the `definePlatform(…)` that it exports as its default. The file is code of
 * the user's own and is run: TypeScript is translated (never checked), `keelson` means this very program, wherever the file
 * lies, and other files are imported as usual. `shown` is how people called the file.
 * Throws a `DiagnosticsError` with the line of what does not parse, cannot be found or throws.
 */
export async function loadCode(path: string, shown: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    // A cache would be shared with everybody who can write to the system's temporary directory.
    fsCache: false,
    interopDefault: false,
    sourceMaps: true,
    virtualModules: { keelson },
  });
  let exported: unknown;
  // Or the places of what is thrown would be those in the translation.
  process.setSourceMapsEnabled(true);
  try {
    exported = await jiti.import(path);
  } catch (error) {
    throw told(complaint(error, path), path, shown);
  } finally {
    process.setSourceMapsEnabled(false);
  }
  // An ES module's default, or all that a CommonJS one exports.
  const value = definition(property(exported, "default")) ?? definition(exported);
  if (value) return value.value;
  throw told(
    {
      code: "code/no-platform",
      message: "the file exports no platform",
      hint: "write `export default definePlatform({ … })`",
      place: { file: path, line: 1, column: 1 },
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

function complaint(error: unknown, path: string): Complaint {
  if (!(error instanceof Error))
    return {
      code: "code/thrown",
      message: `${typeof error === "string" ? JSON.stringify(error) : String(error)} was thrown`,
      hint: "throw an Error: it knows the line that it comes from",
      place: { file: path, line: 1, column: 1 },
    };
  return unreadable(error) ?? unresolved(error, path) ?? thrown(error, path);
}

/** jiti words what does not parse as `ParseError: message`, with the place in the last line and its column from zero. */
function unreadable({ message }: Error): Complaint | undefined {
  const [, what = "", file = "", line, column] = /^ParseError: ([\s\S]*?)\s*\n (.+):(\d+):(\d+)$/.exec(message) ?? [];
  if (line === undefined) return undefined;
  return {
    code: "code/syntax",
    message: oneLine(what),
    place: { file, line: Number(line), column: Number(column) + 1 },
  };
}

/** An import of what is not there: its place is where the file that asks for it names it. */
function unresolved(error: Error, path: string): Complaint | undefined {
  const [, name] = /^Cannot find (?:module|package) '([^']+)'/.exec(error.message) ?? [];
  if (name === undefined) return undefined;
  const asking = property(error, "requireStack");
  const file = Array.isArray(asking) && typeof asking[0] === "string" ? asking[0] : path;
  const own = name.startsWith(".") || isAbsolute(name);
  return {
    code: "code/import",
    message: `there is no \`${name}\` to import`,
    hint: own
      ? `it would be ${resolve(dirname(file), name)}`
      : `packages are looked for beside the file and in the folders above it: npm install ${packageOf(name)}`,
    place: { file, ...placeOf(textOf(file), name) },
  };
}

function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

function placeOf(text: string, name: string): Pick<Place, "line" | "column"> {
  const found = [`"${name}"`, `'${name}'`].map((quoted) => text.indexOf(quoted)).filter((at) => at >= 0);
  const before = text.slice(0, Math.min(...found, text.length)).split("\n");
  return found.length === 0
    ? { line: 1, column: 1 }
    : { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function thrown(error: Error, path: string): Complaint {
  // How a call of what a module does not export reads after translation: `(0 , _keelson.name) is not a function`.
  const message = oneLine(error.message).replace(/\(0 ?, ?\w+\.(\w+)\)/g, "$1");
  return {
    code: "code/thrown",
    message: message === "" ? error.name : `${error.name}: ${message}`,
    place: frames(error.stack ?? "").find(isOwnCode) ?? { file: path, line: 1, column: 1 },
  };
}

function frames(stack: string): Place[] {
  return [...stack.matchAll(/^ {4}at (?:.*\()?((?:file:\/\/)?\/.+?|[A-Za-z]:\\.+?):(\d+):(\d+)\)?$/gm)].map(
    ([, file = "", line, column]) => {
      const path = file.startsWith("file://") ? fileURLToPath(file) : file;
      return { file: path, line: Number(line), column: within(textOf(path), Number(line), Number(column)) };
    },
  );
}

/** Whether the user wrote it: the packages that it calls, jiti and this program have lines that say nothing to anybody. */
function isOwnCode({ file }: Place): boolean {
  const program = dirname(dirname(fileURLToPath(import.meta.url)));
  return !file.split(sep).includes("node_modules") && !file.startsWith(program + sep);
}

/** What stands on the first line of a translation has columns that the source has not. */
function within(text: string, line: number, column: number): number {
  return column <= (text.split("\n")[line - 1]?.length ?? 0) + 1 ? column : 1;
}

function told({ place, ...what }: Complaint, path: string, shown: string): DiagnosticsError {
  const file = place.file === path ? shown : join(dirname(shown), relative(dirname(path), place.file));
  const origin = { kind: "file", file, line: place.line, column: place.column } as const;
  return new DiagnosticsError(shown, [{ ...what, severity: "error", origin }], textOf(place.file));
}

function textOf(file: string): string {
  return readIfPresentSync(file) ?? "";
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
