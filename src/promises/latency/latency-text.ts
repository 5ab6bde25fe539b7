import { exceeds } from "../../contracts/exceeds.js";
import type { Plan } from "../../plan/plan.js";
import { termLines } from "../explanation-text.js";
import { formatLatency, formatOutcome, formatResponse } from "../format.js";
import { type Marks, PLAIN, SIGNS, verdictText } from "../marks.js";
import type { LatencyObjective } from "../objectives.js";
import type { Prediction } from "../prediction.js";
import { sourceText } from "../source-text.js";
import { verdictOf } from "../verdict.js";
import { type LatencyPart, latencyParts, type PredictedLatency } from "./predicted-latency.js";

/** The section of the sheet: one line for each objective, and its terms unless it is kept. */
export function latencyLines(latency: readonly PredictedLatency[], marks: Marks): readonly string[] {
  if (latency.length === 0) return [];
  return [
    "",
    `${marks.heading("latency")}  ${marks.quiet("under the declared load, at the gateway")}`,
    ...latency.flatMap((each) => lines(each, marks)),
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
  return verdict === "kept" && !underestimated ? [line] : [line, ...reasonLines(predicted, marks, "      ")];
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
export function latencyExplanation(latency: readonly PredictedLatency[], plan: Plan, marks: Marks = PLAIN): string {
  return latency.map((each) => explained(each, plan, marks).join("\n")).join("\n\n");
}

function explained(each: PredictedLatency, plan: Plan, marks: Marks): readonly string[] {
  const { subject, of, promisedAt, predicted, verdict } = each;
  return [
    marks.heading(`${of} / ${subject}`),
    marks.quiet(`${TIMES[of]}, under the declared load, at the gateway`),
    "",
    marks.verdict(latencySummary(each), verdict),
    `  ${marks.quiet(`promised at ${sourceText(promisedAt)}`)}`,
    ...reasonLines(predicted, marks, "  "),
    ...latencyParts(each, plan).map((part) => `  ${marks.verdict(latencyPartText(part), part.verdict)}`),
    ...(each.measured === undefined ? [] : [`  ${measuredText(each)}`]),
  ];
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
