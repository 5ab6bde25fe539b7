import type { Path } from "../plan/plan.js";
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
  /** Where the findings are placed instead. */
  readonly at?: Path;
}

/**
 * A rule that reports every promise that one fault breaks, with its numbers, unless a smaller fault breaks it already. If
 * both promises of a subject have no bound, they have one cause and are one finding.
 */
export function faultRule({ fault, event, otherwise, limit, edits, key, at, ...rule }: FaultRule): Rule {
  const wording = { event, otherwise, ...(limit !== undefined && { limit }), ...(edits && { edits }) };
  return defineRule({
    ...rule,
    severity: "error",
    check(context, report) {
      for (const [promise, ...others] of brokenByFault(context, fault)) {
        report(at ?? placeOf(context, promise, key), brokenPromise(context, promise, wording, others));
      }
    },
  });
}

/** The promises that a fault breaks and no smaller one, RPO first; both of a subject together if neither has a bound. */
export function brokenByFault(
  context: CheckContext,
  fault: FaultId,
): readonly (readonly [BrokenPromise, ...BrokenPromise[]])[] {
  const broken = (of: "rto" | "rpo"): readonly BrokenPromise[] =>
    context.brokenPromises(fault, of).filter((promise) => !context.isBrokenBySmallerFault(promise));
  const losses = broken("rpo");
  const outages = broken("rto");
  const lost = new Set(losses.filter(isUnbounded).map(({ row }) => row));
  const sameCause = new Map(
    outages.filter((each) => isUnbounded(each) && lost.has(each.row)).map((each) => [each.row, each]),
  );
  return [
    ...losses.map((loss): readonly [BrokenPromise, ...BrokenPromise[]] => {
      const outage = isUnbounded(loss) ? sameCause.get(loss.row) : undefined;
      return outage ? [loss, outage] : [loss];
    }),
    ...outages.filter(({ row }) => !sameCause.has(row)).map((outage): readonly [BrokenPromise] => [outage]),
  ];
}

/** The subject, or for the whole platform the objective: nothing else of the file is named after it. */
function placeOf({ plan }: CheckContext, { row, of }: BrokenPromise, key: string | undefined): string {
  if (row.subjectKind === "platform") return firstDeclared(plan, `objectives.${of}`, "objectives");
  return key === undefined ? row.path : `${row.path}.${key}`;
}

function isUnbounded({ predicted }: BrokenPromise): boolean {
  return predicted.kind === "unbounded";
}
