import type { Measurement } from "../../../promises/measurement.js";
import type { DrillDetail } from "./answer.js";

/** What finished drills measured, for the promise sheet. One that was broken off proves nothing. */
export function measurementsOf(drills: readonly DrillDetail[]): readonly Measurement[] {
  return drills.flatMap(({ id, fault, state, finishedAt, measurements, terms }) =>
    state !== "finished" || finishedAt === undefined
      ? []
      : measurements.map(
          ({ subject, rto, rpo }): Measurement => ({
            fault,
            subject,
            rto,
            rpo,
            at: finishedAt,
            drill: id,
            terms: terms.map(({ name, value, bytes }) => ({ name, value, ...(bytes === undefined ? {} : { bytes }) })),
          }),
        ),
  );
}
