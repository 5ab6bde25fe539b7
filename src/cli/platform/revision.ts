import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { KeelsonError } from "../../errors/keelson-error.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import { readPlatform } from "../../platform-file/index.js";
import { MAX_FILE_CHARACTERS } from "../../platform-file/yaml/syntax.js";
import { findFile, isCode, type Loaded, loadPlatform } from "./load.js";

const run = promisify(execFile);
const GIT_TIMEOUT_MS = 30_000;

/**
 * Another version of a platform: a file, a directory or a blueprint, otherwise the same file as of a Git revision. Throws
 * `revision/unreadable` if it is neither, and a `DiagnosticsError` for an invalid version.
 */
export async function loadVersion(named: string, current: string): Promise<Loaded> {
  const other = await findFile(named).catch(() => undefined);
  return other === undefined ? loadRevision(named, current) : loadPlatform(named);
}

/** A platform file as of a Git revision. Throws `revision/unreadable`, and a `DiagnosticsError` for an invalid version. */
export async function loadRevision(named: string, current: string): Promise<Loaded> {
  const path = await findFile(current);
  if (isCode(path))
    throw new KeelsonError("revision/unreadable", `${current} is code, of which no earlier revision can be read`, {
      hint: "check the revision out in another directory (git worktree add ../before REV), and name its file",
    });
  const file = `${named}:${basename(path)}`;
  const parsed = readPlatform({ file, text: await textAt(named, await realpath(path), current) });
  if (!parsed.ok) throw new DiagnosticsError(file, parsed.diagnostics);
  return { platform: parsed.platform, file, path, text: undefined, warnings: parsed.diagnostics };
}

/** The text of a file as of a revision. The working tree is not changed. */
async function textAt(revision: string, path: string, shown: string): Promise<string> {
  // `./` is relative to the directory that git runs in. A revision that looked like an option would be one.
  const object = `${revision}:./${basename(path)}`;
  try {
    const { stdout } = await run("git", ["show", "--no-textconv", "--end-of-options", object], {
      cwd: dirname(path),
      timeout: GIT_TIMEOUT_MS,
      maxBuffer: 4 * MAX_FILE_CHARACTERS,
    });
    return stdout;
  } catch (error) {
    throw new KeelsonError("revision/unreadable", `cannot read ${shown} at ${revision}: ${reasonOf(error)}`, {
      hint: "name a platform file, or a revision of the Git repository that contains this one (a shallow clone lacks earlier revisions: fetch them first)",
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "git is not installed";
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return stderr.split("\n")[0]?.replace(/^fatal: /, "") || error.message;
}
