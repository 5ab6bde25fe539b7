import { basename, dirname, extname, isAbsolute, join, relative, sep } from "node:path";
import { lstatIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import { readPlatform } from "../../platform-file/index.js";
import { findObject } from "./git-objects.js";
import { findFile, isCode, type Loaded, loadPlatform } from "./load.js";

/**
 * Another version of a platform: a file or directory that is named by a path (`./before`, `/tmp/before`, `before.yaml`), and the same file as
 * of a Git revision by every other name. What exists does not decide: the author of a pull request can add a file with the name of a
 * revision, such as `origin/main`. Throws `revision/unreadable`, and a `DiagnosticsError` for an invalid version.
 */
export async function loadVersion(named: string, current: string): Promise<Loaded> {
  return isPath(named) ? loadPlatform(named) : loadRevision(named, current);
}

function isPath(named: string): boolean {
  return isAbsolute(named) || /^\.{1,2}(?:$|[/\\])/.test(named) || isCode(named) || /^\.ya?ml$/.test(extname(named));
}

/** A platform file as of a Git revision. Throws `revision/unreadable`, and a `DiagnosticsError` for an invalid version. */
export async function loadRevision(named: string, current: string): Promise<Loaded> {
  const path = await findFile(current);
  if (isCode(path))
    throw new KeelsonError("revision/unreadable", `${current} is code, of which no earlier revision can be read`, {
      hint: "check the revision out in another directory (git worktree add ../before REV), and name its file",
    });
  const file = `${named}:${basename(path)}`;
  const parsed = readPlatform({ file, text: await textAt(named, path, current) });
  if (!parsed.ok) throw new DiagnosticsError(file, parsed.diagnostics);
  return { platform: parsed.platform, file, path, text: undefined, warnings: parsed.diagnostics };
}

/** The text of a file as of a revision. The working tree is not changed. */
async function textAt(revision: string, path: string, shown: string): Promise<string> {
  const unreadable = (reason: string, cause?: unknown) =>
    new KeelsonError("revision/unreadable", `cannot read ${shown} at ${revision}: ${reason}`, {
      hint: "name a revision of the Git repository that contains this file (a shallow clone lacks earlier revisions: fetch them first), or another version by its path: ./before.yaml",
      cause,
    });
  const repository = await repositoryOf(path);
  if (repository === undefined) throw unreadable("not a git repository");
  // The links of the revision are followed, and not those of today: with them a change of a link would compare a file with itself.
  const inTree = relative(repository, path).split(sep).join("/");
  try {
    const tree = await findObject(repository, `${revision}^{tree}`, "--batch-check");
    if (tree === undefined) throw unreadable("there is no such revision");
    const file = await findObject(repository, `${tree.name}:${inTree}`, "--batch");
    if (file?.type !== "blob") throw unreadable(`it contains no file ${inTree}`);
    return file.content;
  } catch (error) {
    throw error instanceof KeelsonError ? error : unreadable(messageOf(error), error);
  }
}

/**
 * The directory of the repository that contains a file. Git searches the parents as well, but takes every directory that looks like a bare
 * repository, with the programs that its configuration starts: a pull request can contain one. None can contain a `.git`.
 */
async function repositoryOf(path: string): Promise<string | undefined> {
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((await lstatIfPresent(join(at, ".git"))) !== undefined) return at;
    if (at === dirname(at)) return undefined;
  }
}
