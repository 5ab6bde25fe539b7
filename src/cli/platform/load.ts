import { readdirSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { makePlan, type Plan } from "../../plan/index.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import {
  type Diagnostic,
  type Parsed,
  type Platform,
  readDefinition,
  readPlatform,
} from "../../platform-file/index.js";
import { MAX_FILE_CHARACTERS } from "../../platform-file/yaml/syntax.js";
import { PACKAGE } from "../installation.js";
import { quoted } from "../terminal/quoted.js";

/** A platform that was read from disk, with its text (undefined for one that was defined in code). */
export interface Loaded {
  readonly platform: Platform;
  /** The path as the diagnostics name it. */
  readonly file: string;
  /** Absolute path. */
  readonly path: string;
  readonly text: string | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** The name that commands look for in a directory. */
export const PLATFORM_FILE = "platform.yaml";
export const STARTER = "starter";

/** Directory of the bundled blueprints. */
const BLUEPRINTS = join(PACKAGE, "blueprints");

/** The text of a blueprint. Throws `file/not-found` for an unknown name. */
export async function blueprintText(name: string): Promise<string> {
  if (!blueprintNames().includes(name))
    throw new KeelsonError("file/not-found", `there is no blueprint ${name}`, {
      hint: `available blueprints: ${blueprintNames().join(", ")}`,
    });
  return readFile(join(BLUEPRINTS, name, PLATFORM_FILE), "utf8");
}

/** Names of the blueprints; commands accept them in place of a file. */
export function blueprintNames(): string[] {
  return readdirSync(BLUEPRINTS).sort();
}

/**
 * The file that a command without a file argument reads: the current directory's platform file if there is one, otherwise
 * the starter blueprint for commands that run a platform, and an error about the missing file for the others. In a subfolder of
 * a project the starter is an error: a second platform would start there.
 */
export async function fileOrDefault(file: string | undefined, purpose: "run" | "read"): Promise<string> {
  if (file !== undefined) return file;
  if (purpose === "read" || (await statIfPresent(resolve(PLATFORM_FILE)))?.isFile()) return PLATFORM_FILE;
  const above = await fileInParent();
  if (above === undefined) return STARTER;
  throw new KeelsonError("file/not-found", "this directory has no platform.yaml, but a parent directory has one", {
    hint: `run the command there (cd ${quoted(dirname(above))}), or name a file; the argument starter runs the blueprint`,
  });
}

/** The platform file of the nearest parent directory, below the home directory or the one for temporary files. */
async function fileInParent(): Promise<string | undefined> {
  const ends = new Set([homedir(), tmpdir()]);
  for (let at = dirname(process.cwd()); at !== dirname(at) && !ends.has(at); at = dirname(at)) {
    const file = join(at, PLATFORM_FILE);
    // A parent that cannot be read is no project of this user.
    if ((await statIfPresent(file).catch(() => undefined))?.isFile()) return file;
  }
  return undefined;
}

/**
 * Reads a platform: a YAML file, a `.ts`/`.js` module whose default export is `definePlatform(…)`, a directory with a
 * `platform.yaml`, or a blueprint by its name (`starter`). Throws a `DiagnosticsError` with every error in the file.
 */
export async function loadPlatform(file: string): Promise<Loaded> {
  const path = await findFile(file);
  const shown = shownName(file, path);
  await requireInside(path, shown);
  const text = await readText(path, shown);
  if (isCode(path)) {
    // The TypeScript loader is imported only when needed: it is slow to load.
    const { loadCode } = await import("./load-code.js");
    const parsed = readDefinition({ file: shown, value: await loadCode(path, shown) });
    return loaded(parsed, shown, path, undefined);
  }
  return loaded(readPlatform({ file: shown, text }), shown, path, text);
}

/** Whether a platform is defined in code at this path, and not in YAML. */
export function isCode(path: string): boolean {
  return /^\.[cm]?[jt]s$/.test(extname(path));
}

/**
 * A repository can contain links, and CI checks platform files of pull requests, whose authors read the diagnostics: a link to a file
 * of the machine (`/proc/self/environ`, a key) would print its lines. Throws `file/outside` for a file that is reached by a link
 * out of the current directory, or, if it is named elsewhere, out of the directory that it is named in.
 */
async function requireInside(path: string, shown: string): Promise<void> {
  const here = process.cwd();
  const allowed = isInside(path, here) ? here : dirname(path);
  if (isInside(await realpath(path), await realpath(allowed))) return;
  throw new KeelsonError("file/outside", `${shown} is a link to a file outside of ${allowed}`);
}

function isInside(path: string, directory: string): boolean {
  const [first] = relative(directory, path).split(sep);
  return first !== "..";
}

/** The name of the file in diagnostics: as given, with `platform.yaml` for a folder, and from `blueprints/` on for a blueprint. */
function shownName(file: string, path: string): string {
  if (path === resolve(file)) return file;
  return path === resolve(file, PLATFORM_FILE)
    ? join(file, PLATFORM_FILE)
    : `blueprints${path.slice(BLUEPRINTS.length)}`;
}

/** The Plan of a platform file in an environment; by default its first. Warnings are discarded. */
export async function loadPlan(file: string, environment?: string): Promise<Plan> {
  return planOf(await loadPlatform(file), environment);
}

/** The Plan of a platform that was loaded. */
export function planOf({ platform, file, text }: Loaded, environment?: string): Plan {
  const planned = makePlan(platform, environment);
  if (!planned.ok) throw new DiagnosticsError(file, planned.diagnostics, text);
  return planned.plan;
}

/** The Plans of every environment of a platform, or of those named environments that it has. */
export function plansOf(loaded: Loaded, only?: readonly string[]): readonly Plan[] {
  const names = [...loaded.platform.environments.keys()].filter((name) => only?.includes(name) ?? true);
  return names.map((name) => planOf(loaded, name));
}

function loaded(parsed: Parsed, file: string, path: string, text: string | undefined): Loaded {
  if (!parsed.ok) throw new DiagnosticsError(file, parsed.diagnostics, text);
  return { platform: parsed.platform, file, path, text, warnings: parsed.diagnostics };
}

/** The absolute path of the file that a name refers to. Throws `file/not-found`. */
export async function findFile(file: string): Promise<string> {
  const blueprints = /^[a-z][a-z0-9-]*$/.test(file) ? [join(BLUEPRINTS, file, PLATFORM_FILE)] : [];
  const candidates = [resolve(file), resolve(file, PLATFORM_FILE), ...blueprints];
  for (const candidate of candidates) {
    const found = await statIfPresent(candidate);
    if (found?.isFile()) return candidate;
  }
  const hint =
    "give a platform file, a directory that contains platform.yaml, or a blueprint such as `starter`; `keelson init` creates a file";
  const other = await statIfPresent(resolve(file));
  if (other?.isDirectory())
    throw new KeelsonError("file/not-found", `the directory \`${file}\` contains no platform.yaml`, { hint });
  if (other)
    throw new KeelsonError("file/not-found", `\`${file}\` is neither a file nor a directory`, {
      hint: "write the output of a pipe to a file first: findings and fixes refer to its lines",
    });
  throw new KeelsonError("file/not-found", `the platform file \`${file}\` does not exist`, { hint });
}

const UTF_8 = "a platform file is text in UTF-8: save it in this encoding";

/** A byte order mark of UTF-16, as `>` of Windows PowerShell writes it. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path);
    // A character has at most four bytes: a larger file exceeds the limit and is not read.
    if (size > 4 * MAX_FILE_CHARACTERS) return " ".repeat(MAX_FILE_CHARACTERS + 1);
    const bytes = await readFile(path);
    if (isUtf16(bytes))
      throw new KeelsonError("file/unreadable", `cannot read ${shown}: it is UTF-16`, { hint: UTF_8 });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof KeelsonError) throw error;
    const hint = error instanceof TypeError ? UTF_8 : "check the permissions of the file";
    const reason = error instanceof TypeError ? "it is not UTF-8" : messageOf(error);
    throw new KeelsonError("file/unreadable", `cannot read ${shown}: ${reason}`, { hint, cause: error });
  }
}
