import { useMemo } from "react";
import type { UsageGroup, UsageRank } from "../../api/usage.js";
import { Legend } from "../../charts/legend.js";
import { baseOption, type Palette, Plot, tooltipContent, usePalette, valueAxis } from "../../charts/plot.js";
import { count, shortCount } from "../../format.js";
import type { Plotted } from "./series.js";
import { timeAxis, unitTitle } from "./time-axis.js";
import styles from "./usage-plot.module.css";
import { useColours } from "./use-colours.js";

interface UsagePlotProps {
  readonly plotted: Plotted;
  readonly group: UsageGroup;
  readonly figure: UsageRank;
}

/** Stacked bars over time, one colour for each group. */
export function UsagePlot({ plotted, group, figure }: UsagePlotProps) {
  const palette = usePalette();
  const { unit, series } = plotted;
  const named = series.filter(({ others }) => !others).map(({ name }) => name);
  const colours = useColours(group, named, palette.series.length);
  const coloured = useMemo(
    () =>
      series.map((each) => ({
        ...each,
        color: each.others ? palette.line : (palette.series[colours.get(each.name) ?? 0] ?? palette.accent),
      })),
    [series, colours, palette],
  );
  const option = useMemo(() => optionOf(palette, plotted, coloured), [palette, plotted, coloured]);
  return (
    <div className={styles.box}>
      <Legend entries={coloured} />
      <Plot
        label={`${figure} per ${unit}, stacked by group; the table below contains the totals`}
        option={option}
        height={280}
      />
    </div>
  );
}

type Coloured = readonly { readonly name: string; readonly values: readonly number[]; readonly color: string }[];

function optionOf(palette: Palette, { unit, times }: Plotted, series: Coloured) {
  const base = baseOption(palette);
  return {
    ...base,
    tooltip: {
      ...Object(base["tooltip"]),
      formatter: (points: readonly { dataIndex: number }[]) => {
        const index = points[0]?.dataIndex ?? 0;
        const at = times[index] ?? 0;
        const lines = series
          .map(({ name, values, color }) => ({ name, color, value: values[index] ?? 0 }))
          .filter(({ value }) => value > 0)
          .map((line) => ({ ...line, value: count(line.value) }));
        return tooltipContent(unitTitle(unit, at), lines);
      },
    },
    xAxis: timeAxis(palette, unit, times),
    yAxis: valueAxis(palette, shortCount),
    series: series.map(({ name, values, color }) => ({
      name,
      type: "bar",
      stack: "all",
      barCategoryGap: "22%",
      barMaxWidth: 48,
      itemStyle: { color },
      data: values,
    })),
  };
}
