import { suggest as suggestionsFor } from "../../check/suggest/suggest.js";
import type { Suggestion, Suggestions } from "../../check/suggest/suggestion.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { fileOrDefault, loadPlatform, planOf, plansOf } from "../platform/load.js";
import { printResult } from "../terminal/output.js";
import { plansIn } from "./edited-plans.js";
import { terminalMarks } from "./terminal-marks.js";
import { today } from "./today.js";

export interface SuggestOptions {
  readonly environment?: string;
  readonly json?: true;
}

/** `keelson suggest`: the smallest sets of edits that keep every promise. Writes nothing. */
export async function suggest(given: string | undefined, options: SuggestOptions): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const loaded = await loadPlatform(file);
  const { text, platform } = loaded;
  if (text === undefined)
    throw new KeelsonError("edit/impossible", `${loaded.file} is code, and suggestions are edits of YAML`, {
      hint: "`keelson check` names the change for each finding",
    });
  const { environment } = options;
  // An environment that cannot be planned is reported with its errors, and first one that is not there.
  if (environment !== undefined) planOf(loaded, environment);
  plansOf(loaded);
  const result = suggestionsFor(text, (edited) => plansIn(loaded.file, edited), today(), environment);
  printResult(options.json, { file: loaded.file, ...result }, () =>
    resultText(environment === undefined ? platform.name : `${platform.name} in ${environment}`, result),
  );
  if (result.unkept > 0) process.exitCode = 1;
}

function resultText(platform: string, { unkept, suggestions, unsolved }: Suggestions): string {
  if (unkept === 0) return `every promise of ${platform} is kept`;
  const { heading } = terminalMarks();
  const promises = unkept === 1 ? "1 promise of" : `${unkept} promises of`;
  if (suggestions.length === 0)
    return [
      heading(`${promises} ${platform} cannot be kept by an edit that is known:`),
      ...unsolved.map((line) => `  ${line}`),
    ].join("\n");
  const ways = suggestions.length === 1 ? "1 way" : `${suggestions.length} ways`;
  return [
    heading(`${promises} ${platform} ${unkept === 1 ? "is" : "are"} not kept. ${ways} to keep every promise:`),
    ...suggestions.flatMap((suggestion, index) => ["", ...suggestionLines(suggestion, index + 1)]),
  ].join("\n");
}

function suggestionLines({ steps, added, ...lowered }: Suggestion, number: number): readonly string[] {
  const { heading, quiet } = terminalMarks();
  return [
    heading(`${number}. ${costText(added)}${loweredText(lowered)}`),
    ...steps.flatMap(({ kind, advice, edits }) => [
      `   ${kind.padEnd(7)}  ${advice}`,
      ...edits.map(({ environment, path, value }) =>
        quiet(`            ${environment === undefined ? "" : `(${environment}) `}${path}: ${shown(value)}`),
      ),
    ]),
  ];
}

function shown(value: unknown): string {
  return value === undefined ? "remove it" : typeof value === "string" ? value : JSON.stringify(value);
}

function costText({ nodes, replicas, cpuMillicores }: Suggestion["added"]): string {
  const parts = [amount(nodes, "node"), amount(replicas, "replica"), amount(cpuMillicores / 1000, "core")].flatMap(
    (part) => part ?? [],
  );
  return parts.length === 0 ? "needs nothing more" : `needs ${parts.join(", ")}`;
}

/** `, lowers no promise`, `, withdraws 2 promises and relaxes 1`. */
function loweredText({ withdrawn, relaxed }: Pick<Suggestion, "withdrawn" | "relaxed">): string {
  const parts = [
    ...(withdrawn > 0 ? [`withdraws ${promiseCount(withdrawn)}`] : []),
    ...(relaxed > 0 ? [`relaxes ${withdrawn > 0 ? relaxed : promiseCount(relaxed)}`] : []),
  ];
  return parts.length === 0 ? ", lowers no promise" : `, ${parts.join(" and ")}`;
}

function promiseCount(count: number): string {
  return `${count} promise${count === 1 ? "" : "s"}`;
}

/** `2 nodes more`, `1 replica less`; undefined for none. */
function amount(count: number, noun: string): string | undefined {
  if (count === 0) return undefined;
  const size = Math.abs(count);
  return `${size} ${noun}${size === 1 ? "" : "s"} ${count > 0 ? "more" : "less"}`;
}
