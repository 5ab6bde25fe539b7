import type { DrillResult } from "./drills.js";

export type Series = DrillResult["series"];

/** Counts of the second that ends at `t`, in milliseconds since the start of the drill. */
export interface Rate {
  readonly t: number;
  readonly ok: number;
  readonly failed: number;
}

/**
 * Counts of short steps as rates. At fifteen requests per second a step of 250 ms contains three or four, which as a rate
 * would alternate between 12 and 16; therefore each point covers a full second. The incomplete last step is omitted.
 */
export function perSecond(series: Series, running: boolean): readonly Rate[] {
  const step = (series[1]?.t ?? 1000) - (series[0]?.t ?? 0);
  const steps = Math.max(1, Math.round(1000 / step));
  const complete = running ? series.slice(0, -1) : series;
  return complete.map(({ t }, index) => {
    const second = complete.slice(Math.max(0, index - steps + 1), index + 1);
    return { t: t + step, ok: sum(second, "ok"), failed: sum(second, "failed") };
  });
}

export function sum(series: Series, of: "ok" | "failed"): number {
  return series.reduce((all, step) => all + step[of], 0);
}
