import type { FaultId } from "../promises/faults/index.js";
import { brokenPromise, type Wording } from "./broken-promise.js";
import type { BrokenPromise, CheckContext } from "./context.js";
import { firstDeclared } from "./declared-path.js";
import { defineRule, type Rule } from "./rule.js";

/** How a rule describes the fault whose broken promises it reports. */
export interface FaultRule extends Pick<Rule, "code" | "summary" | "help">, Wording {
  readonly fault: FaultId;
  /** The key of the subject that the findings are placed at; the subject itself if omitted. */
  readonly key?: string;
}

/**
 * A rule that reports every promise that one fault breaks, with its numbers, unless a smaller fault breaks it already. If
 * both promises of a subject have no bound, they have one cause and are one finding.
 */
export function faultRule({ fault, event, otherwise, edits, key, ...rule }: FaultRule): Rule {
  const wording = { event, otherwise, ...(edits && { edits }) };
  return defineRule({
    ...rule,
    severity: "error",
    check(context, report) {
      const broken = (of: "rto" | "rpo"): readonly BrokenPromise[] =>
        context.brokenPromises(fault, of).filter((promise) => !context.isBrokenBySmallerFault(promise));
      const losses = broken("rpo");
      const outages = broken("rto");
      const lost = new Set(losses.filter(isUnbounded).map(({ row }) => row));
      const sameCause = new Map(
        outages.filter((each) => isUnbounded(each) && lost.has(each.row)).map((each) => [each.row, each]),
      );
      for (const loss of losses) {
        const outage = isUnbounded(loss) ? sameCause.get(loss.row) : undefined;
        report(placeOf(context, loss, key), brokenPromise(context, loss, wording, outage ? [outage] : []));
      }
      for (const outage of outages)
        if (!sameCause.has(outage.row)) report(placeOf(context, outage, key), brokenPromise(context, outage, wording));
    },
  });
}

/** The subject, or for the whole platform the objective: nothing else of the file is named after it. */
function placeOf({ plan }: CheckContext, { row, of }: BrokenPromise, key: string | undefined): string {
  if (row.subjectKind === "platform") return firstDeclared(plan, `objectives.${of}`, "objectives");
  return key === undefined ? row.path : `${row.path}.${key}`;
}

function isUnbounded({ predicted }: BrokenPromise): boolean {
  return predicted.kind === "unbounded";
}
