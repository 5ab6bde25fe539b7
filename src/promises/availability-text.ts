import { originOf } from "../plan/origin.js";
import type { Plan } from "../plan/plan.js";
import { formatRatio } from "../platform-file/format.js";
import type { AvailabilityPrediction, Part, PredictedAvailability } from "./availability.js";
import { formatPercent } from "./format.js";
import { type Marks, PLAIN, SIGNS, verdictText } from "./marks.js";
import { sourceText } from "./source-text.js";

const TITLE = "of everything that a request needs, in series";

/** The section of the sheet: one line for each objective, and its parts unless it is kept. */
export function availabilityLines(availability: readonly PredictedAvailability[], marks: Marks): readonly string[] {
  if (availability.length === 0) return [];
  return [
    "",
    `${marks.heading("availability")}  ${marks.quiet(TITLE)}`,
    ...availability.flatMap(({ subject, promised, predicted, verdict }) => [
      `  ${subject}  ${formatRatio(promised)} promised  ${marks.verdict(`${predictedText(predicted)} predicted ${SIGNS[verdict]}`, verdict)}`,
      ...(verdict === "kept" ? [] : partLines(predicted, marks).map((line) => `      ${line}`)),
    ]),
  ];
}

/** Everything about these objectives: the parts in series, each with its replicas, its source and its place in the file. */
export function availabilityExplanation(
  availability: readonly PredictedAvailability[],
  plan: Plan,
  marks: Marks = PLAIN,
): string {
  return availability.map((each) => explained(each, plan, marks).join("\n")).join("\n\n");
}

function explained(each: PredictedAvailability, plan: Plan, marks: Marks): readonly string[] {
  const { subject, promisedAt, predicted, verdict } = each;
  return [
    marks.heading(`availability / ${subject}`),
    marks.quiet(`the availability ${TITLE}`),
    "",
    marks.verdict(availabilitySummary(each), verdict),
    `  ${marks.quiet(`promised at ${sourceText(promisedAt)}`)}`,
    ...(predicted.kind === "unknown"
      ? partLines(predicted, marks)
      : predicted.parts.flatMap((part) => [
          partText(part),
          `  ${marks.quiet(`${part.source}; ${sourceText(originOf(plan, part.path))}`)}`,
        ])
    ).map((line) => `  ${line}`),
  ];
}

/** The factors of the product, or why it is unknown and what makes it known. */
function partLines(predicted: AvailabilityPrediction, marks: Marks): readonly string[] {
  if (predicted.kind === "unknown")
    return [predicted.why, ...(predicted.advice === undefined ? [] : [`fix: ${predicted.advice}`])];
  return predicted.parts.map((part) => `${formatPercent(part.value)}  ${part.name}  ${marks.quiet(part.source)}`);
}

/** `99.9% promised, 99.95% predicted: kept` */
export function availabilitySummary({ promised, predicted, verdict }: PredictedAvailability): string {
  return `${formatRatio(promised)} promised, ${predictedText(predicted)} predicted: ${verdictText(verdict)}`;
}

/** `99.9999%  web (3 replicas)` */
export function partText({ name, path, value, replicas }: Part): string {
  // Those of the site are its zones.
  const counted = path === "cloud" ? "zones" : "replicas";
  return `${formatPercent(value)}  ${name}${replicas > 1 ? ` (${replicas} ${counted})` : ""}`;
}

function predictedText(predicted: AvailabilityPrediction): string {
  return predicted.kind === "known" ? formatPercent(predicted.value) : "unknown";
}
