import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Plan } from "../plan/plan.js";
import { type Change, decideChanges } from "../render/changes.js";
import { withMarker } from "../render/generated-marker.js";
import type { Note } from "../render/note.js";
import type { Rendering } from "../render/target.js";
import { isTargetName, type TargetName, targets } from "../render/targets.js";
import { unifiedDiff } from "../render/unified-diff.js";
import { loadPlan } from "./load.js";
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
export async function render(file: string, options: RenderOptions): Promise<void> {
  const target = targetNamed(options.target);
  const plan = await loadPlan(file, options.environment);
  const rendering = targets[target].render(plan);
  if (options.output === undefined) print(rendering, options);
  else await write(plan, rendering, options.output, target, options);
}

function targetNamed(name: string): TargetName {
  if (isTargetName(name)) return name;
  throw new KeelsonError("render/unknown-target", `there is no target ${name}`, {
    hint: `available targets: ${Object.keys(targets).join(", ")}`,
  });
}

function print(rendering: Rendering, options: RenderOptions): void {
  if (options.diff) throw new KeelsonError("render/no-directory", "--diff compares with a directory");
  if (options.json) {
    const files = rendering.files.map((file) => ({ path: file.path, text: withMarker(file) }));
    process.stdout.write(`${JSON.stringify({ files, notes: rendering.notes }, undefined, 2)}\n`);
    return;
  }
  const [only, ...others] = rendering.files;
  if (only && others.length === 0) process.stdout.write(withMarker(only));
  else for (const file of rendering.files) process.stdout.write(`--- # ${file.path}\n${withMarker(file)}`);
  printNotes(rendering.notes);
}

async function write(
  plan: Plan,
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
      `not overwritten:\n${refused.map((change) => `  ${join(directory, change.path)}: ${change.why}`).join("\n")}`,
    );
  await writeChanges(directory, changes);
  // `keelson deploy` creates the secrets of a cluster; Compose reads them from files.
  const secrets =
    target === "compose"
      ? await writeMissingSecrets(directory, rendering.secrets, (bytes) => randomBytes(bytes).toString("base64url"))
      : [];
  report(plan, directory, changes, secrets, rendering, options);
}

function showDifferences(changes: readonly Change[], options: RenderOptions): void {
  const differing = changes.filter((change) => change.kind !== "keep");
  if (options.json) {
    const described = differing.map((change) => ({ path: change.path, change: change.kind, diff: diffOf(change) }));
    process.stdout.write(`${JSON.stringify({ changes: described }, undefined, 2)}\n`);
  } else for (const change of differing) process.stdout.write(diffOf(change));
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
  plan: Plan,
  directory: string,
  changes: readonly Change[],
  secrets: readonly string[],
  rendering: Rendering,
  options: RenderOptions,
): void {
  if (options.json) {
    const files = changes.map((change) => ({ path: change.path, change: change.kind }));
    process.stdout.write(`${JSON.stringify({ directory, files, secrets, notes: rendering.notes }, undefined, 2)}\n`);
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
  process.stderr.write(`${plan.platform} (${plan.environment}) in ${directory}: ${parts.join(", ")}\n`);
  for (const secret of secrets) process.stderr.write(`created ${join(directory, secret)}\n`);
  printNotes(rendering.notes);
}

function printNotes(notes: readonly Note[]): void {
  for (const note of notes) process.stderr.write(`note ${note.path}: ${note.message}\n`);
}
