import type { DrillResult } from "../../api/drills.js";

export type Series = DrillResult["series"];

/** What happened within the second that ends with each step: `t` is its end, in milliseconds since the drill's start. */
export interface Rate {
  readonly t: number;
  readonly ok: number;
  readonly failed: number;
}

/**
 * Counts of short steps as rates. A step of a quarter of a second holds three or four of fifteen requests a second, which as
 * a rate would jump between 12 and 16; so each point counts a whole second. The step that is still being counted is left out.
 */
export function perSecond(series: Series, running: boolean): readonly Rate[] {
  const step = (series[1]?.t ?? 1000) - (series[0]?.t ?? 0);
  const steps = Math.max(1, Math.round(1000 / step));
  const whole = running ? series.slice(0, -1) : series;
  return whole.map(({ t }, index) => {
    const second = whole.slice(Math.max(0, index - steps + 1), index + 1);
    return { t: t + step, ok: sum(second, "ok"), failed: sum(second, "failed") };
  });
}

export function sum(series: Series, of: "ok" | "failed"): number {
  return series.reduce((all, step) => all + step[of], 0);
}
