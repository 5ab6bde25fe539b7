import { z } from "zod";
import type { Measurement } from "../../../promises/measurement.js";
import type { Drill } from "./answer.js";

const terms = z.array(z.object({ name: z.string(), value: z.number() }));

/** What finished drills measured, for the promise sheet. A drill that ended without a figure measured nothing. */
export function measurementsOf(drills: readonly Drill[]): readonly Measurement[] {
  return drills.flatMap((drill): readonly Measurement[] => {
    const { id, fault, subject, finishedAt } = drill;
    const rto = drill.rto ?? undefined;
    const rpo = drill.rpo ?? undefined;
    if (!finishedAt || !subject || (rto === undefined && rpo === undefined)) return [];
    const measuredTerms = terms.safeParse(drill["terms"]);
    return [
      { fault, subject, rto, rpo, at: finishedAt, drill: id, ...(measuredTerms.success ? { terms: measuredTerms.data } : {}) },
    ];
  });
}
