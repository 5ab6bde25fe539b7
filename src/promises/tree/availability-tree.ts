import { originOf } from "../../plan/origin.js";
import type { Plan } from "../../plan/plan.js";
import { formatRatio } from "../../platform-file/format.js";
import type { Part, PredictedAvailability } from "../availability.js";
import { availabilitySummary, partText } from "../availability-text.js";
import { verdictText } from "../marks.js";
import { calleesOf } from "../slo-targets.js";
import { type LineText, type SourceNode, sourceNodes, type TreeNode } from "./node.js";

/** What an availability objective depends on: everything that a request needs, each with its callers, its line and its source. */
export function availabilityTree(each: PredictedAvailability, plan: Plan, lineText: LineText): TreeNode {
  const source = sourceNodes(lineText);
  const { subject, promised, promisedAt, predicted, verdict } = each;
  const parts =
    predicted.kind === "known"
      ? predicted.parts.map((part) => partNode(part, plan, source))
      : [{ kind: "term", text: `unknown: ${predicted.why}`, children: adviceNodes(predicted.advice) } as const];
  return {
    kind: "row",
    text: `availability / ${subject}: ${verdictText(verdict)}`,
    verdict,
    children: [
      {
        kind: "promise",
        text: availabilitySummary(each),
        ...(predicted.kind === "known" ? { ratio: predicted.value } : {}),
        verdict,
        children: [
          {
            kind: "promise",
            text: `promised ${formatRatio(promised)}`,
            ratio: promised,
            children: [source(promisedAt)],
          },
          ...parts,
        ],
      },
    ],
  };
}

function partNode(part: Part, plan: Plan, source: SourceNode): TreeNode {
  const { name, path, value } = part;
  const callers = [...calleesOf(plan)].flatMap(([from, to]) => (to.includes(name) ? [from] : []));
  return {
    kind: "component",
    text: partText(part),
    ratio: value,
    children: [
      source(originOf(plan, path)),
      source({ kind: "citation", source: part.source }),
      ...callers.map((caller) => ({ kind: "component", text: `called by ${caller}`, children: [] }) as const),
    ],
  };
}

function adviceNodes(advice: string | undefined): readonly TreeNode[] {
  return advice === undefined ? [] : [{ kind: "source", text: `fix: ${advice}`, children: [] }];
}
