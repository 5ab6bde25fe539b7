import { exceeds } from "../../contracts/exceeds.js";
import { termLines } from "../explanation-text.js";
import { formatLatency, formatOutcome, formatResponse } from "../format.js";
import { type Marks, PLAIN, SIGNS, verdictText } from "../marks.js";
import type { LatencyObjective } from "../objectives.js";
import type { Prediction } from "../prediction.js";
import { sloTargets } from "../slo-targets.js";
import { sourceText } from "../source-text.js";
import { verdictOf } from "../verdict.js";
import { type ComparedLoad, comparedLoads, comparedText, type ObservedPlan, periodText } from "./measured-load.js";
import { type LatencyPart, latencyParts, modelsOf, type PredictedLatency } from "./predicted-latency.js";

/** The section of the sheet: one line for each objective, and its terms unless it is kept. */
export function latencyLines(
  { latency, loads }: { readonly latency: readonly PredictedLatency[]; readonly loads: readonly ComparedLoad[] },
  marks: Marks,
): readonly string[] {
  if (latency.length === 0) return [];
  const load = loads.length === 0 ? "the declared load" : "the declared or the measured load, whichever takes longer";
  return [
    "",
    `${marks.heading("latency")}  ${marks.quiet(`under ${load}, at the gateway`)}`,
    ...latency.flatMap((each) => lines(each, marks)),
    ...loads.flatMap((each) => loadLines(each, marks).map((line) => `  ${line}`)),
  ];
}

/** The measured load of a model, with the declared one beside it. */
function loadLines(load: ComparedLoad, marks: Marks): readonly string[] {
  const exceeded = load.figures.some((figure) => figure.exceeded);
  return [
    `load of ${load.model}  ${marks.quiet(`measured: ${periodText(load)}`)}`,
    `    ${marks.verdict(comparedText(load), exceeded ? "unknown" : "kept")}`,
  ];
}

/** Why a prediction is not that of the declared load, and what follows from it. */
const FOR_MEASURED_LOAD = {
  longer: "predicted for the measured load, which takes longer than the declared one",
  "not-declared": "predicted for the measured load: no complete load is declared",
} as const;

function measuredLoadLines({ forMeasuredLoad, verdict }: PredictedLatency, marks: Marks): readonly string[] {
  if (forMeasuredLoad === undefined) return [];
  return [
    marks.verdict(`! ${FOR_MEASURED_LOAD[forMeasuredLoad]}`, "unknown"),
    ...(verdict === "kept" ? [] : ["fix: declare the measured load, and `keelson check` names what keeps the promise"]),
  ];
}

function lines(each: PredictedLatency, marks: Marks): readonly string[] {
  const { subject, within, predicted, measured, underestimated, verdict } = each;
  const byPrediction = verdictOf(within, predicted, undefined);
  const broken = measured !== undefined && exceeds(measured, within);
  const found = measured === undefined ? "" : `  ${measuredText(each)}${broken ? " ✗" : underestimated ? " !" : ""}`;
  const prediction = marks.verdict(
    `${formatPredictedLatency(predicted)} predicted ${SIGNS[byPrediction]}`,
    byPrediction,
  );
  const line = `  ${subject}  ${formatLatency(each)} promised  ${prediction}${marks.verdict(found, verdict)}`;
  const load = measuredLoadLines(each, marks).map((text) => `      ${text}`);
  if (verdict === "kept" && !underestimated) return [line, ...load];
  return [line, ...load, ...reasonLines(predicted, marks, "      ")];
}

function reasonLines(predicted: Prediction, marks: Marks, indent: string): readonly string[] {
  if (predicted.kind === "bounded")
    return termLines(predicted.terms, marks, formatResponse).map((line) => `${indent}${line}`);
  return [`${indent}${predicted.why}`, ...(predicted.fix ? [`${indent}fix: ${predicted.fix.advice}`] : [])];
}

/** What the percentile is about. */
const TIMES: Readonly<Record<LatencyObjective, string>> = {
  latency: "the time until the last byte of a response",
  firstToken: "the time until the first token of an answer",
};

/** Everything about these objectives: terms with their sources, what each is the slowest of, and how it is measured. */
export function latencyExplanation(
  latency: readonly PredictedLatency[],
  plan: ObservedPlan,
  marks: Marks = PLAIN,
): string {
  return latency.map((each) => explained(each, plan, marks).join("\n")).join("\n\n");
}

function explained(each: PredictedLatency, plan: ObservedPlan, marks: Marks): readonly string[] {
  const { subject, of, promisedAt, predicted, verdict } = each;
  return [
    marks.heading(`${of} / ${subject}`),
    marks.quiet(`${TIMES[of]}, under its load, at the gateway`),
    "",
    marks.verdict(latencySummary(each), verdict),
    `  ${marks.quiet(`promised at ${sourceText(promisedAt)}`)}`,
    ...measuredLoadLines(each, marks).map((line) => `  ${line}`),
    ...reasonLines(predicted, marks, "  "),
    ...latencyParts(each, plan).map((part) => `  ${marks.verdict(latencyPartText(part), part.verdict)}`),
    ...(each.measured === undefined ? [] : [`  ${measuredText(each)}`]),
    ...loadsBehind(each, plan).flatMap((load) => loadLines(load, marks).map((line) => `  ${line}`)),
  ];
}

function loadsBehind({ subjectPath, of }: PredictedLatency, plan: ObservedPlan): readonly ComparedLoad[] {
  const target = sloTargets(plan, of).find(({ path }) => path === subjectPath);
  return target ? comparedLoads(plan, modelsOf(plan, target)) : [];
}

/** `p95 within 20s promised, 23.1s predicted: broken` */
export function latencySummary(each: PredictedLatency): string {
  return `${formatLatency(each)} promised, ${formatPredictedLatency(each.predicted)} predicted: ${verdictText(each.verdict)}`;
}

/** `serves chat: 23.1s predicted, broken` */
export function latencyPartText({ target, predicted, verdict }: LatencyPart): string {
  return `serves ${target.name}: ${formatPredictedLatency(predicted)} predicted, ${verdictText(verdict)}`;
}

/** `2.3s measured on 1000 requests` */
export function measuredText({ measured, requests }: PredictedLatency): string {
  return measured === undefined ? "" : `${formatOutcome(measured)} measured on ${requests ?? 0} requests`;
}

/** `2.31s`, `unbounded`, `unknown`. */
export function formatPredictedLatency(predicted: Prediction): string {
  return predicted.kind === "bounded" ? formatResponse(predicted.total) : predicted.kind;
}
