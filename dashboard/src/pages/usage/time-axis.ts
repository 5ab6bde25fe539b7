import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import type { Palette } from "../../charts/plot.js";
import { axisDay, axisTime, dateTime, utcDate } from "../../format.js";

/** The axis of a plot whose points are units of time. */
export function timeAxis(palette: Palette, unit: UsageTimeUnit, times: readonly number[]) {
  return {
    type: "category",
    data: times.map((at, index) => axisLabel(at, times[index - 1], unit)),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: { color: palette.soft, fontSize: 11, hideOverlap: true, interval: interval(times, unit) },
  };
}

/** The title of the tooltip of a unit. */
export function unitTitle(unit: UsageTimeUnit, at: number): string {
  return unit === "day" ? `${utcDate(at)} (UTC)` : dateTime(at);
}

/** Over more than one day, hours are labelled by the day at their midnight. */
function axisLabel(at: number, before: number | undefined, unit: UsageTimeUnit): string {
  if (unit === "day") return axisDay(at, "UTC");
  const midnight = before !== undefined && new Date(at).getDate() !== new Date(before).getDate();
  return midnight ? axisDay(at, "local") : axisTime(at);
}

const MAX_LABELLED_HOURS = 26;

function interval(times: readonly number[], unit: UsageTimeUnit): "auto" | ((index: number) => boolean) {
  if (unit !== "hour" || times.length <= MAX_LABELLED_HOURS) return "auto";
  return (index) => new Date(times[index] ?? 0).getHours() === 0;
}
