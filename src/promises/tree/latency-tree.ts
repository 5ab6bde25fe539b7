import { originOf } from "../../plan/origin.js";
import type { Model, Path, Plan } from "../../plan/plan.js";
import { formatResponse } from "../format.js";
import { latencyPartText, latencySummary, measuredText } from "../latency/latency-text.js";
import { comparedLoads, comparedText, type ObservedPlan, periodText } from "../latency/measured-load.js";
import { latencyParts, type PredictedLatency } from "../latency/predicted-latency.js";
import { verdictText } from "../marks.js";
import type { SloTarget } from "../slo-targets.js";
import { type LineText, type SourceNode, sourceNodes, type TreeNode, termNode } from "./node.js";

/** What a latency objective depends on: what serves its requests, with its declared load and speed, and the terms of the slowest. */
export function latencyTree(each: PredictedLatency, plan: ObservedPlan, lineText: LineText): TreeNode {
  const source = sourceNodes(lineText);
  const { of, subject, subjectPath, promisedAt, within, predicted, verdict } = each;
  const terms =
    predicted.kind === "bounded"
      ? predicted.terms.map((term) => termNode(term, source, [], formatResponse))
      : [{ kind: "term", text: `${predicted.kind}: ${predicted.why}`, children: [source(predicted.origin)] } as const];
  return {
    kind: "row",
    text: `${of} / ${subject}: ${verdictText(verdict)}`,
    verdict,
    children: [
      {
        kind: "subject",
        text: `subject: ${subject}`,
        children: [source(originOf(plan, subjectPath)), ...partNodes(each, plan, source)],
      },
      {
        kind: "promise",
        text: latencySummary(each),
        ...(predicted.kind === "bounded" ? { value: predicted.total } : {}),
        verdict,
        children: [
          {
            kind: "promise",
            text: `promised ${formatResponse(within)}`,
            value: within,
            children: [source(promisedAt)],
          },
          ...terms,
          ...(each.measured === undefined
            ? []
            : [{ kind: "measurement", text: measuredText(each), children: [] } as const]),
        ],
      },
    ],
  };
}

function partNodes(
  each: PredictedLatency,
  plan: ObservedPlan,
  source: SourceNode,
  of?: SloTarget,
): readonly TreeNode[] {
  return latencyParts(each, plan, of).map((part) => ({
    kind: "component",
    text: latencyPartText(part),
    verdict: part.verdict,
    ...(part.predicted.kind === "bounded" ? { value: part.predicted.total } : {}),
    children: [
      ...figuresOf(part.target, plan).map((path) => source(originOf(plan, path))),
      ...("engine" in part.target ? loadNodes(plan, part.target) : []),
      ...partNodes(each, plan, source, part.target),
    ],
  }));
}

function loadNodes(plan: ObservedPlan, model: Model): readonly TreeNode[] {
  return comparedLoads(plan, [model]).map((load) => ({
    kind: "measurement",
    text: `load measured: ${periodText(load)}: ${comparedText(load)}`,
    children: [],
  }));
}

/** Where the figures are declared that a prediction reads. */
function figuresOf(target: SloTarget, plan: Plan): readonly Path[] {
  const load = "load" in target ? target.load?.path : undefined;
  const unit = "engine" in target ? plan.units.find(({ name }) => name === target.unit) : undefined;
  const speed = "engine" in target ? (target.speed.decode ?? target.speed.prefill)?.path : undefined;
  const paths = [target.path, load, speed, unit && `${unit.path}.replicas`];
  return [...new Set(paths.filter((path) => path !== undefined))];
}
