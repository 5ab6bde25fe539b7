import { useMemo } from "react";
import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import { Legend } from "../../charts/legend.js";
import { baseOption, Plot, tooltipContent, usePalette, valueAxis } from "../../charts/plot.js";
import { timeAxis, unitTitle } from "./time-axis.js";
import styles from "./usage-plot.module.css";

export interface Line {
  readonly name: string;
  readonly color: string;
  /** Null: no value in this unit. */
  readonly values: readonly (number | null)[];
}

interface LinePlotProps {
  readonly title: string;
  /** A sentence that describes the plot. */
  readonly label: string;
  readonly unit: UsageTimeUnit;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
}

/** Lines over time. A unit without neighbours that have a value is a dot. */
export function LinePlot({ title, label, unit, times, lines, format }: LinePlotProps) {
  const palette = usePalette();
  const option = useMemo(() => {
    const base = baseOption(palette);
    return {
      ...base,
      tooltip: {
        ...Object(base["tooltip"]),
        formatter: (points: readonly { dataIndex: number }[]) => {
          const index = points[0]?.dataIndex ?? 0;
          const shown = lines.flatMap(({ name, color, values }) => {
            const value = values[index];
            return value === null || value === undefined ? [] : [{ name, color, value: format(value) }];
          });
          return tooltipContent(unitTitle(unit, times[index] ?? 0), shown);
        },
      },
      xAxis: timeAxis(palette, unit, times),
      yAxis: { ...valueAxis(palette, format), minInterval: 0 },
      series: lines.map(({ name, color, values }) => ({
        name,
        type: "line",
        symbol: "circle",
        symbolSize: 4,
        showSymbol: true,
        showAllSymbol: false,
        lineStyle: { color, width: 1.5 },
        itemStyle: { color },
        data: values,
      })),
    };
  }, [palette, unit, times, lines, format]);
  return (
    <div className={styles.box}>
      <h3 className={styles.title}>{title}</h3>
      <Legend entries={lines} />
      <Plot label={label} option={option} height={180} />
    </div>
  );
}
