import { readdirSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { makePlan, type Plan } from "../plan/index.js";
import { DiagnosticsError } from "../platform-file/diagnostics-error.js";
import { type Diagnostic, type Parsed, type Platform, readDefinition, readPlatform } from "../platform-file/index.js";
import { LARGEST_FILE } from "../platform-file/yaml.js";

/** A platform that was read from disk, with its text (undefined for one that was defined in code). */
export interface Loaded {
  readonly platform: Platform;
  /** The path as the diagnostics name it. */
  readonly file: string;
  /** Where it lies on disk: absolute. */
  readonly path: string;
  readonly text: string | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** Where the package keeps its blueprints. */
const BLUEPRINTS = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "blueprints");

/** Blueprints by the names that commands take for a file. */
export function blueprintNames(): string[] {
  return readdirSync(BLUEPRINTS).sort();
}

/**
 * Reads a platform: a YAML file, a `.ts`/`.js` module whose default export is `definePlatform(…)`, a folder with a
 * `platform.yaml`, or a blueprint by its name (`starter`). Throws a `DiagnosticsError` with everything that is wrong.
 */
export async function loadPlatform(file: string): Promise<Loaded> {
  const path = await findFile(file);
  const shown =
    path.startsWith(BLUEPRINTS) && path !== resolve(file) ? `blueprints${path.slice(BLUEPRINTS.length)}` : file;
  const text = await readText(path, shown);
  if (/^\.[cm]?[jt]s$/.test(extname(path))) {
    // What runs code is loaded for code alone: nobody pays for it who writes YAML.
    const { loadCode } = await import("./load-code.js");
    const parsed = readDefinition({ file: shown, value: await loadCode(path, shown) });
    return loaded(parsed, shown, path, undefined);
  }
  return loaded(readPlatform({ file: shown, text }), shown, path, text);
}

/** The Plan of a platform file under an environment (its first when none is named). Warnings are `loadPlatform`'s. */
export async function loadPlan(file: string, environment?: string): Promise<Plan> {
  return planOf(await loadPlatform(file), environment);
}

/** The Plan of a platform that was loaded. */
export function planOf({ platform, file, text }: Loaded, environment?: string): Plan {
  const planned = makePlan(platform, environment);
  if (!planned.ok) throw new DiagnosticsError(file, planned.diagnostics, text);
  return planned.plan;
}

function loaded(parsed: Parsed, file: string, path: string, text: string | undefined): Loaded {
  if (!parsed.ok) throw new DiagnosticsError(file, parsed.diagnostics, text);
  return { platform: parsed.platform, file, path, text, warnings: parsed.diagnostics };
}

/** The file that a name stands for: absolute. Throws a `KeelsonError` where there is none. */
export async function findFile(file: string): Promise<string> {
  const named = /^[a-z][a-z0-9-]*$/.test(file) ? [join(BLUEPRINTS, file, "platform.yaml")] : [];
  const candidates = [resolve(file), resolve(file, "platform.yaml"), ...named];
  for (const candidate of candidates) {
    const found = await statIfPresent(candidate);
    if (found?.isFile()) return candidate;
  }
  const hint = "name a platform file, a folder with a platform.yaml, or a blueprint such as `starter`";
  const there = await statIfPresent(resolve(file));
  if (there?.isDirectory())
    throw new KeelsonError("file/not-found", `the folder \`${file}\` has no platform.yaml`, { hint });
  if (there)
    throw new KeelsonError("file/not-found", `\`${file}\` is neither a file nor a folder`, {
      hint: "what comes out of a pipe is written to a file first: places, fixes and reviews name it",
    });
  throw new KeelsonError("file/not-found", `there is no platform file \`${file}\``, { hint });
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path);
    // A character takes at most four bytes; anything longer is refused by its size alone and never read.
    if (size > 4 * LARGEST_FILE) return " ".repeat(LARGEST_FILE + 1);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const hint = error instanceof TypeError ? "a platform file is UTF-8 text" : "can you read it yourself?";
    const reason = error instanceof TypeError ? "it is not UTF-8" : messageOf(error);
    throw new KeelsonError("file/unreadable", `cannot read ${shown}: ${reason}`, { hint, cause: error });
  }
}
