import type { Plan } from "../../plan/plan.js";
import { promiseSheet } from "../../promises/sheet.js";
import { type Verdict, verdictOf, worstOf } from "../../promises/verdict.js";
import type { DrillAssessment, DrillStrike } from "./result.js";

/** Holds what the strikes measured against the promise sheet, element by element. Pure. */
export function assess(plan: Plan, fault: string, strikes: readonly DrillStrike[]): DrillAssessment[] {
  const rows = promiseSheet(plan, []).rows.filter((row) => row.fault === fault);
  return strikes.flatMap((strike) =>
    strike.subjects.flatMap((subject) => {
      const row = rows.find((candidate) => candidate.subject === subject);
      if (!row) return [];
      const figures = (["rto", "rpo"] as const).map((of) => {
        const { promised, predicted } = row[of];
        const measured = of === "rto" ? rtoOf(strike, subject) : strike.rpo;
        const total = predicted.kind === "bounded" ? predicted.total : undefined;
        // It never came back, or nobody can say what it cost: then no promise was kept.
        const verdict: Verdict = measured === undefined && promised !== undefined ? "broken" : held(promised, measured);
        return {
          of,
          promised,
          total,
          measured,
          verdict,
          over: measured !== undefined && total !== undefined && measured > total,
        };
      });
      const pick = (key: "promised" | "total") =>
        Object.fromEntries(figures.flatMap((figure) => (figure[key] === undefined ? [] : [[figure.of, figure[key]]])));
      return [
        {
          subject,
          ...definedRto(rtoOf(strike, subject)),
          ...(strike.rpo !== undefined && { rpo: strike.rpo }),
          promised: pick("promised"),
          predicted: pick("total"),
          verdict: worstOf(figures.map((figure) => figure.verdict)),
          underestimated: figures.some((figure) => figure.over),
        },
      ];
    }),
  );
}

function rtoOf(strike: DrillStrike, subject: string): number | undefined {
  const probed = strike.probed.find((probe) => probe.subject === subject);
  return probed ? probed.rto : strike.rto;
}

function definedRto(rto: number | undefined): { rto?: number } {
  return rto === undefined ? {} : { rto };
}

/** A drill judges what was measured; whether the worst case would be kept too is for the promise sheet to say. */
function held(promised: number | undefined, measured: number | undefined): Verdict {
  return verdictOf(promised, { kind: "bounded", total: 0, terms: [] }, measured);
}

/** The verdict of the whole drill, and the element that was hit hardest. */
export function overall(
  assessments: readonly DrillAssessment[],
  findings: number,
): { verdict: Verdict; hardest: DrillAssessment | undefined } {
  const verdict = findings > 0 ? "broken" : worstOf(assessments.map((assessment) => assessment.verdict));
  const share = ({ rto, promised, verdict: own }: DrillAssessment) =>
    own === "broken" ? Number.POSITIVE_INFINITY : (rto ?? 0) / (promised.rto ?? Number.POSITIVE_INFINITY);
  const hardest = [...assessments].sort((a, b) => share(b) - share(a) || (b.rto ?? 0) - (a.rto ?? 0))[0];
  return { verdict, hardest };
}
