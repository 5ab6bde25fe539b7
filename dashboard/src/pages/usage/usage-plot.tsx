import { useCallback, useMemo } from "react";
import { Legend } from "../../charts/legend.js";
import { baseOption, Plot, tooltipContent, usePalette, valueAxis } from "../../charts/plot.js";
import { count, shortCount } from "../../format.js";
import { HOUR_MS, type Measure, type Plotted } from "./series.js";
import styles from "./usage-plot.module.css";

const hourText = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayText = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dateTimeText = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** Stacked bars over time, one colour for each group. */
export function UsagePlot({ plotted, measure }: { readonly plotted: Plotted; readonly measure: Measure }) {
  const palette = usePalette();
  const { times, step, series } = plotted;
  const color = useCallback(
    (index: number) => palette.series[index % palette.series.length] ?? palette.accent,
    [palette],
  );
  const option = useMemo(() => {
    const oneDay = times.length <= 26;
    return {
      ...baseOption(palette),
      tooltip: {
        ...Object(baseOption(palette)["tooltip"]),
        formatter: (points: readonly { dataIndex: number }[]) => {
          const index = points[0]?.dataIndex ?? 0;
          const at = times[index] ?? 0;
          const lines = series
            .map(({ name, values }, place) => ({ name, value: values[index] ?? 0, color: color(place) }))
            .filter(({ value }) => value > 0)
            .map((line) => ({ ...line, value: count(line.value) }));
          return tooltipContent(
            step > HOUR_MS ? dayText.format(at) : dateTimeText.format(at),
            lines.length > 0 ? lines : [],
          );
        },
      },
      xAxis: {
        type: "category",
        data: times.map((at) => (oneDay ? hourText.format(at) : dayText.format(at))),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: palette.line } },
        axisLabel: {
          color: palette.soft,
          fontSize: 11,
          hideOverlap: true,
          // Over several days only midnights are labelled.
          interval: oneDay || step > HOUR_MS ? "auto" : (index: number) => new Date(times[index] ?? 0).getHours() === 0,
        },
      },
      yAxis: valueAxis(palette, shortCount),
      series: series.map(({ name, values }, index) => ({
        name,
        type: "bar",
        stack: "all",
        barCategoryGap: "22%",
        itemStyle: { color: color(index) },
        data: values,
      })),
    };
  }, [palette, times, step, series, color]);
  const unit = step > HOUR_MS ? "day" : "hour";
  return (
    <div className={styles.box}>
      <Legend entries={series.map(({ name }, index) => ({ name, color: color(index) }))} />
      <Plot
        label={`${measure} per ${unit}, stacked by group; the table below contains the totals`}
        option={option}
        height={280}
      />
    </div>
  );
}
