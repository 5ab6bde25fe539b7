import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { type Change, decideChanges } from "../../render/changes.js";
import { withMarker } from "../../render/generated-marker.js";
import { secretNotes } from "../../render/kubernetes/secret.js";
import type { Note } from "../../render/note.js";
import type { Rendering } from "../../render/target.js";
import { isTargetName, type TargetName, targets } from "../../render/targets.js";
import { unifiedDiff } from "../../render/unified-diff.js";
import { fileOrDefault, loadPlan, loadPlatform, planOf, plansOf } from "../platform/load.js";
import { print, printDocument, printError, printJson } from "../terminal/output.js";
import { uninterrupted } from "../terminal/signals.js";
import { readFolder, writeChanges, writeMissingSecrets } from "./rendered-folder.js";

export interface RenderOptions {
  readonly environment?: string;
  readonly target: string;
  readonly output?: string;
  readonly diff?: true;
  readonly force?: true;
  readonly json?: true;
}

/** `keelson render`. */
export async function render(given: string | undefined, options: RenderOptions): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const target = targetNamed(options.target);
  const { rendering, title } = await renderTarget(file, target, options.environment);
  if (options.output === undefined) printFiles(rendering, options);
  else await write(title, rendering, options.output, target, options);
}

/** A rendering, and what it is of. A target of all environments renders only the named one if there is a name. */
async function renderTarget(
  file: string,
  name: TargetName,
  environment: string | undefined,
): Promise<{ readonly rendering: Rendering; readonly title: string }> {
  const target = targets[name];
  if (target.scope === "platform") {
    const loaded = await loadPlatform(file);
    const plans = environment === undefined ? plansOf(loaded) : [planOf(loaded, environment)];
    const environments = plans.map((plan) => plan.environment).join(", ");
    return { rendering: target.render(plans), title: `${plans[0]?.platform} (${environments})` };
  }
  const plan = await loadPlan(file, environment);
  const rendered = target.render(plan);
  const rendering =
    name === "kubernetes" ? { ...rendered, notes: [...rendered.notes, ...secretNotes(plan)] } : rendered;
  return { rendering, title: `${plan.platform} (${plan.environment})` };
}

function targetNamed(name: string): TargetName {
  if (isTargetName(name)) return name;
  throw new KeelsonError("render/unknown-target", `there is no target ${name}`, {
    hint: `available targets: ${Object.keys(targets).join(", ")}`,
  });
}

function printFiles(rendering: Rendering, options: RenderOptions): void {
  if (options.diff) throw new KeelsonError("render/no-directory", "--diff compares with a directory");
  if (options.json) {
    const files = rendering.files.map((file) => ({ path: file.path, text: withMarker(file) }));
    printJson({ files, notes: rendering.notes });
    return;
  }
  const [only, ...others] = rendering.files;
  if (only && others.length === 0) printDocument(withMarker(only));
  else for (const file of rendering.files) printDocument(`--- # ${file.path}\n${withMarker(file)}`);
  printNotes(rendering.notes);
}

async function write(
  title: string,
  rendering: Rendering,
  directory: string,
  target: TargetName,
  options: RenderOptions,
): Promise<void> {
  const changes = decideChanges(rendering.files, await readFolder(directory, rendering.files), options.force === true);
  if (options.diff) {
    showDifferences(changes, options);
    return;
  }
  const refused = changes.filter((change) => change.kind === "refuse");
  if (refused.length > 0)
    throw new KeelsonError(
      "render/changed-by-hand",
      `${refused.length} changed ${refused.length === 1 ? "file was" : "files were"} not overwritten`,
      { details: refused.map((change) => `${join(directory, change.path)}: ${change.why}`) },
    );
  const secrets = await uninterrupted(async () => {
    await writeChanges(directory, changes);
    // `keelson deploy` creates the secrets of a cluster; Compose reads them from files.
    return target === "compose"
      ? await writeMissingSecrets(directory, rendering.secrets, (bytes) => randomBytes(bytes).toString("base64url"))
      : [];
  });
  report(title, directory, changes, secrets, rendering, options);
}

function showDifferences(changes: readonly Change[], options: RenderOptions): void {
  const differing = changes.filter((change) => change.kind !== "keep");
  if (options.json) {
    const described = differing.map((change) => ({ path: change.path, change: change.kind, diff: diffOf(change) }));
    printJson({ changes: described });
  } else for (const change of differing) print(diffOf(change));
  if (differing.length > 0) process.exitCode = 1;
}

function diffOf(change: Change): string {
  return unifiedDiff(
    change.path,
    "before" in change ? change.before : undefined,
    "after" in change ? change.after : undefined,
  );
}

function report(
  title: string,
  directory: string,
  changes: readonly Change[],
  secrets: readonly string[],
  rendering: Rendering,
  options: RenderOptions,
): void {
  if (options.json) {
    const files = changes.map((change) => ({ path: change.path, change: change.kind }));
    printJson({ directory, files, secrets, notes: rendering.notes });
    return;
  }
  const count = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  const counts = [
    [count("create"), "new"],
    [count("replace"), "replaced"],
    [count("remove"), "removed"],
    [count("keep"), "unchanged"],
  ] as const;
  const parts = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  printError(`${title} in ${directory}: ${parts.join(", ")}\n`);
  for (const secret of secrets) printError(`created ${join(directory, secret)}\n`);
  const changed = secrets.length > 0 || changes.some(({ kind }) => kind !== "keep");
  // They were shown when the files were written.
  if (changed) printNotes(rendering.notes);
  else if (rendering.notes.length > 0) printError(`${rendering.notes.length} notes as before; --json contains them\n`);
}

function printNotes(notes: readonly Note[]): void {
  for (const note of notes) printError(`note ${singleLine(`${note.path}: ${note.message}`)}\n`);
}
