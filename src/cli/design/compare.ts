import { parse } from "yaml";
import { comparisonSarif } from "../../check/output/comparison-sarif.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import { applyEdits } from "../../platform-file/edit/apply.js";
import { readPlatform } from "../../platform-file/index.js";
import { losesPromise } from "../../promises/comparison/compare.js";
import { comparePlatforms } from "../../promises/comparison/comparison.js";
import { summaryOf } from "../../promises/comparison/format.js";
import { comparisonMarkdown } from "../../promises/comparison/markdown.js";
import { comparisonText } from "../../promises/comparison/text.js";
import { type Loaded, loadPlatform, planOf, plansOf } from "../platform/load.js";
import { loadVersion } from "../platform/revision.js";
import { print, printDocument, printJson } from "../terminal/output.js";
import { version } from "../version.js";
import { sourcesOf } from "./sources.js";
import { terminalMarks } from "./terminal-marks.js";

export interface CompareOptions {
  readonly environment?: string;
  /** A file or a Git revision: the version before. */
  readonly against?: string;
  /** `path=value` each: edits that make the version after. */
  readonly whatIf?: readonly string[];
  readonly format: "text" | "json" | "markdown" | "sarif";
  readonly json?: true;
}

/**
 * `keelson promises --against` and `--what-if`: what a change does to every promise. The exit code is 1 if a promise that was kept
 * is lost.
 */
export async function compare(file: string, options: CompareOptions): Promise<void> {
  const { environment, against, whatIf = [] } = options;
  if (options.format === "sarif" && whatIf.length > 0)
    throw new KeelsonError("usage", "--format sarif cannot be combined with --what-if", {
      hint: "a SARIF log refers to lines of a file: write the edits, and compare with --against",
    });
  const current = await loadPlatform(file);
  const before = against === undefined ? current : await loadVersion(against, file);
  const after = whatIf.length === 0 ? current : edited(current, whatIf, environment);
  // In neither version: reported as by every other command.
  if (environment !== undefined && !before.platform.environments.has(environment)) planOf(after, environment);
  const only = environment === undefined ? undefined : [environment];
  const environments = comparePlatforms(plansOf(before, only), plansOf(after, only));
  const title = `${after.platform.name}: ${after.file} against ${before.file}`;
  switch (options.json ? "json" : options.format) {
    case "json":
      printJson({ before: before.file, after: after.file, environments, summary: summaryOf(environments) });
      break;
    case "sarif": {
      const sources = await sourcesOf(after.file, after.path);
      printJson(comparisonSarif(environments, after.file, version(), sources));
      break;
    }
    case "markdown":
      printDocument(comparisonMarkdown(title, environments));
      break;
    case "text":
      print(`${comparisonText(title, environments, terminalMarks())}\n`);
  }
  if (environments.some(({ changes }) => losesPromise(changes))) process.exitCode = 1;
}

/** The platform with edits that are written to no file. */
function edited(current: Loaded, edits: readonly string[], environment: string | undefined): Loaded {
  const { text, path } = current;
  if (text === undefined)
    throw new KeelsonError("edit/impossible", `${current.file} is code, and --what-if only edits YAML`, {
      hint: "edit a copy of the file, and compare the two with --against",
    });
  const changed = applyEdits(
    text,
    edits.map((edit) => ({ ...editOf(edit), environment })),
  );
  const file = `${current.file} with ${edits.join(", ")}`;
  const parsed = readPlatform({ file, text: changed });
  if (!parsed.ok) throw new DiagnosticsError(file, parsed.diagnostics, changed);
  return { platform: parsed.platform, file, path, text: changed, warnings: parsed.diagnostics };
}

/** `stores.db.replicas=3`: a path of the file and a YAML value. Without a value the key is removed. */
function editOf(edit: string): { readonly path: string; readonly value: unknown } {
  const at = edit.indexOf("=");
  if (at <= 0)
    throw new KeelsonError("usage", `--what-if needs PATH=VALUE and not ${edit}`, {
      hint: "for example --what-if stores.database.replicas=3; PATH= removes a key",
    });
  const value = edit.slice(at + 1).trim();
  try {
    const parsed: unknown = value === "" ? undefined : parse(value, { schema: "core" });
    return { path: edit.slice(0, at).trim(), value: parsed };
  } catch (error) {
    throw new KeelsonError("usage", `the value of --what-if ${edit} is not YAML: ${messageOf(error).split("\n")[0]}`, {
      hint: "quote it as in the platform file",
      cause: error,
    });
  }
}
