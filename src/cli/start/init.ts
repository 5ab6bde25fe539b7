import { basename, join, relative, resolve } from "node:path";
import { createFile, replaceFile } from "../../disk/atomic-file.js";
import { diskError, isSystemError } from "../../disk/disk-errors.js";
import { makeDirectories } from "../../disk/make-directories.js";
import { readIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { makeRoot } from "../../local/layout.js";
import { applyEdits } from "../../platform-file/edit/apply.js";
import { readPlatform } from "../../platform-file/index.js";
import { blueprintNames, blueprintText, PLATFORM_FILE, STARTER } from "../platform/load.js";
import { printResult } from "../terminal/output.js";
import { withQuestions } from "../terminal/questions.js";
import { quoted } from "../terminal/quoted.js";
import { uninterrupted } from "../terminal/signals.js";

export interface InitOptions {
  readonly from?: string;
  readonly name?: string;
  readonly json?: boolean;
}

/** The schema for editors, in the folder that also contains the data of platforms. Git ignores it. */
const SCHEMA_FILE = ".keelson/platform.schema.json";
const FALLBACK_NAME = "my-platform";

/** `keelson init`: a commented platform file from a blueprint. On a terminal it asks for what the options omit. */
export async function init(directory: string | undefined, options: InitOptions): Promise<void> {
  const folder = resolve(directory ?? ".");
  const path = join(folder, PLATFORM_FILE);
  if ((await readIfPresent(path)) !== undefined) throw alreadyThere(path);
  const { from, blueprint, name } = await withQuestions(async ({ ask }) => {
    const chosen = options.from ?? (await ask(`Blueprint (${blueprintNames().join(", ")})`, STARTER));
    return {
      from: chosen,
      // Read before the next question: an unknown blueprint is reported at once.
      blueprint: await blueprintText(chosen),
      name: options.name ?? (await ask("Name of the platform", nameOf(folder))),
    };
  });
  const text = platformFile(blueprint, from, name);
  const parsed = readPlatform({ file: PLATFORM_FILE, text });
  // The blueprint is valid: only its new name can be at fault.
  const problem = parsed.ok ? undefined : parsed.diagnostics.find(({ path: place }) => place === "platform");
  if (problem) throw new KeelsonError("init/name", `${name} cannot be the name of a platform: ${problem.message}`);
  try {
    const schema = await schemaText();
    await uninterrupted(async () => {
      await makeDirectories(folder);
      await makeRoot(join(folder, ".keelson"));
      await replaceFile(join(folder, SCHEMA_FILE), schema, { mode: 0o644 });
      // A file that was created meanwhile is not overwritten.
      await createFile(path, text, 0o666);
    });
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") throw alreadyThere(path);
    throw diskError(error, folder);
  }
  const shown = relative(process.cwd(), path) || path;
  const here = folder === process.cwd() ? "" : ` ${quoted(shown)}`;
  printResult(options.json, { file: path, platform: name, blueprint: from }, () =>
    [
      `created ${shown}: the platform ${name}, from the blueprint ${from}`,
      "",
      `  keelson check${here}      which promises can this design not keep?`,
      `  keelson promises${here}   RTO and RPO for every fault`,
      `  keelson up${here}         run it on this machine`,
      "",
      "Git ignores .keelson, which contains the data and the secrets of platforms: commit platform.yaml alone.",
    ].join("\n"),
  );
}

function alreadyThere(path: string): KeelsonError {
  return new KeelsonError("init/exists", `${path} exists and is not overwritten`);
}

/** The blueprint under another name, with a header for its new owner instead of its own. */
function platformFile(blueprint: string, from: string, name: string): string {
  const lines = blueprint.split("\n");
  const body = lines.slice(lines.findIndex((line) => !line.startsWith("#"))).join("\n");
  const renamed = applyEdits(body, [{ path: "platform", value: name }]);
  return [
    `# yaml-language-server: $schema=${SCHEMA_FILE}`,
    "#",
    `# Created from the blueprint ${from} of Keelson. Every key has an explanation in editors that support the schema above;`,
    "# `keelson plan --explain` shows the defaults of everything that this file omits.",
    renamed,
  ].join("\n");
}

/** The name of the folder as the name of a platform: lower-case letters, digits and hyphens. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40);
  return name === "" ? FALLBACK_NAME : name.replace(/-+$/, "");
}

async function schemaText(): Promise<string> {
  const { platformJsonSchema } = await import("../../platform-file/json-schema.js");
  return `${JSON.stringify(platformJsonSchema(), null, 2)}\n`;
}
