import { type Diagnostic, MAX_UNDERLINE } from "../diagnostic.js";
import { formatPath } from "../path.js";
import type { Settings } from "../schema/platform.js";
import { didYouMean } from "../suggest.js";
import { type Mapping, nearest, type SourceMap } from "../tree.js";
import { checkCalls } from "./calls.js";
import { type ReferenceCheck, type ReferenceProblem, referenceContext } from "./context.js";
import { checkBesideCycles, checkCallCycles, checkFallbackCycles } from "./cycles.js";
import { checkEntranceForms, checkEntrances, checkPrefixes } from "./entrances.js";
import { checkChecksums, checkClasses, checkFallbacks } from "./models.js";
import { checkUniqueNames } from "./names.js";
import { checkOutside } from "./outside.js";
import { checkPolicies } from "./policies.js";
import { checkPortForms, checkPortNames, checkPortNumbers } from "./ports.js";
import { checkMountedSecrets, checkUpstreamKeys } from "./secrets.js";
import { checkBackupTargets, checkReaders } from "./stores.js";
import { checkBeside, checkPools, checkServices } from "./workloads.js";

/** Every check of references. A new one is a function and a line here; the order does not matter, diagnostics are sorted. */
const CHECKS: readonly ReferenceCheck[] = [
  checkUniqueNames,
  checkServices,
  checkBeside,
  checkPools,
  checkPolicies,
  checkOutside,
  checkCalls,
  checkPortForms,
  checkPortNames,
  checkPortNumbers,
  checkMountedSecrets,
  checkUpstreamKeys,
  checkFallbacks,
  checkClasses,
  checkChecksums,
  checkEntranceForms,
  checkEntrances,
  checkPrefixes,
  checkBackupTargets,
  checkReaders,
  checkFallbackCycles,
  checkBesideCycles,
  checkCallCycles,
];

/** References of one environment's settings to names that do not exist, and settings that contradict each other. */
export function checkReferences(settings: Settings, tree: Mapping, source: SourceMap, base: Mapping): Diagnostic[] {
  const context = referenceContext(settings, base);
  const problems = CHECKS.flatMap((check) => [...check(context)]);
  let suggestions = 0;
  return problems.map(({ candidates, ...problem }) => {
    if (!candidates || suggestions >= MAX_SUGGESTIONS) return diagnosticOf(problem, tree, source);
    suggestions += 1;
    return diagnosticOf({ ...problem, hint: didYouMean(candidates.name, [...candidates.known]) }, tree, source);
  });
}

/** A suggestion compares a name with all known names; without a limit, a large file full of errors takes quadratic time. */
const MAX_SUGGESTIONS = 100;

function diagnosticOf(problem: ReferenceProblem, tree: Mapping, source: SourceMap): Diagnostic {
  const { path, code, message, hint, severity = "error" } = problem;
  const { key, value, exact } = nearest(tree, path);
  const place = exact && value.kind === "scalar" ? value.place : key;
  const length = Math.max(1, Math.min(place.to - place.from, MAX_UNDERLINE));
  return { code, severity, message, origin: source.origin(place), path: formatPath(path), length, hint };
}
