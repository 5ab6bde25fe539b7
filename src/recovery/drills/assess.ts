import type { DrillMeasurement, InjectedFault, Outcome } from "../../contracts/drills.js";
import { exceeds } from "../../contracts/exceeds.js";
import type { Verdict } from "../../contracts/verdict.js";
import type { Plan } from "../../plan/plan.js";
import { promiseSheet } from "../../promises/sheet.js";
import { measuredVerdict, worstOf } from "../../promises/verdict.js";

/**
 * Compares what each injected fault measured with the promise sheet, element by element. The verdict is that of the
 * measurement; the promise sheet states whether the worst case keeps the promise. Pure.
 */
export function assess(plan: Plan, fault: string, faults: readonly InjectedFault[]): DrillMeasurement[] {
  const rows = promiseSheet(plan, []).rows.filter((row) => row.fault === fault);
  return faults.flatMap((injected) =>
    injected.subjects.flatMap((subject) => {
      const row = rows.find((candidate) => candidate.subject === subject);
      if (!row) return [];
      const measured = { rto: rtoOf(injected, subject), rpo: injected.rpo };
      const objectives = (["rto", "rpo"] as const).map((of) => {
        const { promised, predicted } = row[of];
        const total = predicted.kind === "bounded" ? predicted.total : undefined;
        return {
          of,
          promised,
          total,
          verdict: measuredVerdict(promised, measured[of]),
          underestimated: total !== undefined && exceeds(measured[of], total),
        };
      });
      const figures = (key: "promised" | "total") =>
        Object.fromEntries(objectives.flatMap((one) => (one[key] === undefined ? [] : [[one.of, one[key]]])));
      return [
        {
          subject,
          ...measured,
          promised: figures("promised"),
          predicted: figures("total"),
          verdict: worstOf(objectives.map(({ verdict }) => verdict)),
          underestimated: objectives.some(({ underestimated }) => underestimated),
        },
      ];
    }),
  );
}

function rtoOf(injected: InjectedFault, subject: string): Outcome {
  return injected.probes.find((probe) => probe.subject === subject)?.rto ?? injected.rto;
}

/** The verdict of the whole drill, and the measurement that used the largest share of its promise. */
export function overall(
  measurements: readonly DrillMeasurement[],
  findings: number,
): { readonly verdict: Verdict; readonly worst: DrillMeasurement | undefined } {
  const verdict = findings > 0 ? "broken" : worstOf(measurements.map((measurement) => measurement.verdict));
  const worst = [...measurements].sort((a, b) => share(b) - share(a) || ms(b.rto) - ms(a.rto))[0];
  return { verdict, worst };
}

function share({ rto, promised, verdict }: DrillMeasurement): number {
  if (verdict === "broken") return Number.MAX_VALUE;
  return promised.rto === undefined || promised.rto === 0 ? 0 : ms(rto) / promised.rto;
}

function ms(outcome: Outcome): number {
  if (outcome.kind === "measured") return outcome.ms;
  return outcome.kind === "never-recovered" ? outcome.afterMs : 0;
}
