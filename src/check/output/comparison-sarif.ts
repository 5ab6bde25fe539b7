import type { Origin } from "../../plan/plan.js";
import { CHANGE_KINDS, type ChangeKind, type PromiseChange } from "../../promises/comparison/compare.js";
import type { EnvironmentComparison } from "../../promises/comparison/comparison.js";
import { changeText } from "../../promises/comparison/format.js";
import type { Severity } from "../rule.js";
import { type Reported, type SarifLog, type Sources, sarifLog } from "./sarif.js";

/** What a change of each kind means, and its level: only a lost promise fails the command. */
const KINDS: Readonly<Record<ChangeKind, readonly [Severity, string]>> = {
  lost: ["error", "A promise was kept, and is broken or unknown now."],
  withdrawn: ["warning", "Something is not promised any more."],
  removed: ["note", "The component or the environment was removed, or the fault does not affect it any more."],
  worse: ["warning", "The same is promised, and a worse value is predicted."],
  relaxed: ["note", "A weaker value is promised."],
  added: ["note", "Something is promised that was not; it may be broken."],
  tightened: ["note", "A stronger value is promised."],
  better: ["note", "The same is promised, and a better value is predicted."],
  gained: ["note", "A promise was broken or unknown, and is kept now."],
};

const HELP =
  "The terms of both versions are in the output of `keelson promises --against REVISION`; docs/reviews.md describes the kinds of changes.";

/**
 * The promises that differ between two versions as a SARIF log, in the lines of the later one. Each kind of change is a rule. A
 * change that several environments share is one result.
 */
export function comparisonSarif(
  environments: readonly EnvironmentComparison[],
  file: string,
  version: string,
  sources: Sources,
): SarifLog {
  const rules = CHANGE_KINDS.map((kind) => {
    const [severity, help] = KINDS[kind];
    return { code: codeOf(kind), severity, summary: `${kind}: ${help}`, help: `${help} ${HELP}` };
  });
  const results = new Map<string, Reported & { readonly environments: readonly string[] }>();
  for (const change of environments.flatMap(({ changes }) => changes)) {
    const reported = resultOf(change, file);
    const key = JSON.stringify([reported.code, reported.message, reported.origin.line, reported.origin.column]);
    const same = results.get(key);
    results.set(key, { ...reported, environments: [...(same?.environments ?? []), change.environment] });
  }
  return sarifLog([...results.values()], rules, version, sources);
}

function codeOf(kind: ChangeKind): string {
  return `promise/${kind}`;
}

/** A new promise that is not kept is an error of `check`, and a warning here: nothing was lost. */
function resultOf(change: PromiseChange, file: string): Reported {
  const { kind, path, after } = change;
  const isUnkept = kind === "added" && after?.verdict !== "kept";
  return {
    code: codeOf(kind),
    severity: isUnkept ? "warning" : KINDS[kind][0],
    message: changeText(change),
    // What is promised no more has no line in this version.
    origin: after?.promisedAt ?? wholeFile(file),
    path,
  };
}

function wholeFile(file: string): Origin {
  return { kind: "file", file, line: 0, column: 0 };
}
