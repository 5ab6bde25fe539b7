import type { Measured } from "../../api/promises.js";

/** One drill in the picture of a trend. Heights are shares of the largest value: 1 is the top. */
export interface TrendPoint {
  readonly drill: string;
  readonly measured: number | "never" | undefined;
  readonly promised: number | undefined;
  readonly predicted: number | undefined;
}

/** The drills of a row for one objective, oldest first, on one scale. */
export function trendPoints(history: readonly Measured[], of: "rto" | "rpo"): readonly TrendPoint[] {
  const largest = Math.max(
    1,
    ...history.flatMap((each) => [
      each[of].kind === "measured" ? each[of].ms : 0,
      each.promised?.[of] ?? 0,
      each.predicted?.[of] ?? 0,
    ]),
  );
  const height = (value: number | undefined) => (value === undefined ? undefined : value / largest);
  return history.map((each) => {
    const outcome = each[of];
    return {
      drill: each.drill,
      measured:
        outcome.kind === "measured" ? outcome.ms / largest : outcome.kind === "never-recovered" ? "never" : undefined,
      promised: height(each.promised?.[of]),
      predicted: height(each.predicted?.[of]),
    };
  });
}
