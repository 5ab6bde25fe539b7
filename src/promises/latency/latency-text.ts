import { exceeds } from "../../contracts/exceeds.js";
import { termLines } from "../explanation-text.js";
import { formatLatency, formatOutcome, formatResponse } from "../format.js";
import { type Marks, SIGNS } from "../marks.js";
import type { Prediction } from "../prediction.js";
import { verdictOf } from "../verdict.js";
import type { PredictedLatency } from "./predicted-latency.js";

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
  const { subject, within, predicted, measured, requests, underestimated, verdict } = each;
  const byPrediction = verdictOf(within, predicted, undefined);
  const broken = measured !== undefined && exceeds(measured, within);
  const found =
    measured === undefined
      ? ""
      : `  ${formatOutcome(measured)} measured on ${requests ?? 0} requests${broken ? " ✗" : underestimated ? " !" : ""}`;
  const prediction = marks.verdict(
    `${formatPredictedLatency(predicted)} predicted ${SIGNS[byPrediction]}`,
    byPrediction,
  );
  const line = `  ${subject}  ${formatLatency(each)} promised  ${prediction}${marks.verdict(found, verdict)}`;
  return verdict === "kept" && !underestimated ? [line] : [line, ...reasonLines(predicted, marks)];
}

function reasonLines(predicted: Prediction, marks: Marks): readonly string[] {
  if (predicted.kind === "bounded")
    return termLines(predicted.terms, marks, formatResponse).map((line) => `      ${line}`);
  return [`      ${predicted.why}`, ...(predicted.fix ? [`      fix: ${predicted.fix.advice}`] : [])];
}

/** `2.31s`, `unbounded`, `unknown`. */
export function formatPredictedLatency(predicted: Prediction): string {
  return predicted.kind === "bounded" ? formatResponse(predicted.total) : predicted.kind;
}
