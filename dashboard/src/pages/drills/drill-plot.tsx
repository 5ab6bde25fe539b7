import { useMemo } from "react";
import { type DrillDetail, isRunning } from "../../api/drills.js";
import { Legend } from "../../charts/legend.js";
import { baseOption, Plot, tooltipContent, usePalette, valueAxis } from "../../charts/plot.js";
import { count, shortCount } from "../../format.js";
import styles from "./drill-page.module.css";
import { perSecond } from "./rates.js";

/** The numbers of the list below at their moments; one number for moments too near to each other to be told apart. */
function markNumbers({ events, series }: DrillDetail): readonly string[] {
  const room = (series.at(-1)?.t ?? 0) / 40;
  const numbers: string[] = [];
  let first = 0;
  events.forEach(({ t }, index) => {
    const begin = events[first];
    if (index > 0 && begin && t - begin.t < room) {
      numbers.push("");
      numbers[first] = `${first + 1}–${index + 1}`;
    } else {
      first = index;
      numbers.push(String(index + 1));
    }
  });
  return numbers;
}

interface DrillPlotProps {
  readonly drill: DrillDetail;
  readonly of: "series" | "writes";
}

const names = {
  series: { title: "Chat requests", done: "answered" },
  writes: { title: "Writes to the database", done: "committed" },
} as const;

/** What went well and what failed in each second, with the moments at which something happened as uprights. */
export function DrillPlot({ drill, of }: DrillPlotProps) {
  const palette = usePalette();
  const { events } = drill;
  const { title, done } = names[of];
  const series = useMemo(() => perSecond(drill[of], isRunning(drill)), [drill, of]);
  const option = useMemo(() => {
    const numbers = markNumbers(drill);
    return {
      ...baseOption(palette),
      tooltip: {
        ...Object(baseOption(palette)["tooltip"]),
        formatter: (points: readonly { dataIndex: number }[]) => {
          const second = series[points[0]?.dataIndex ?? 0];
          return tooltipContent(`${((second?.t ?? 0) / 1000).toFixed(1)}s`, [
            { name: done, value: count(second?.ok ?? 0), color: palette.kept },
            { name: "failed", value: count(second?.failed ?? 0), color: palette.broken },
          ]);
        },
      },
      grid: { left: 8, right: 16, top: 18, bottom: 4, containLabel: true },
      xAxis: {
        type: "value",
        min: 0,
        max: "dataMax",
        axisLabel: {
          color: palette.soft,
          fontSize: 11,
          showMaxLabel: false,
          formatter: (ms: number) => `${Math.round(ms / 1000)}s`,
        },
        axisLine: { show: true, lineStyle: { color: palette.line } },
        splitLine: { show: false },
      },
      yAxis: valueAxis(palette, shortCount),
      series: [
        {
          name: done,
          type: "line",
          symbol: "none",
          lineStyle: { color: palette.kept, width: 1.5 },
          areaStyle: { color: palette.kept, opacity: 0.12 },
          itemStyle: { color: palette.kept },
          data: series.map(({ t, ok }) => [t, ok]),
          markLine: {
            silent: true,
            symbol: "none",
            animation: false,
            lineStyle: { color: palette.soft, type: "dashed", width: 1 },
            label: {
              show: true,
              color: palette.soft,
              fontSize: 10,
              formatter: ({ dataIndex }: { dataIndex: number }) => numbers[dataIndex] ?? "",
            },
            data: events.map(({ t, what }) => ({ xAxis: t, name: what })),
          },
        },
        {
          name: "failed",
          type: "line",
          symbol: "none",
          lineStyle: { color: palette.broken, width: 1.5 },
          areaStyle: { color: palette.broken, opacity: 0.18 },
          itemStyle: { color: palette.broken },
          data: series.map(({ t, failed }) => [t, failed]),
        },
      ],
    };
  }, [palette, series, events, drill, done]);
  const worst = Math.max(0, ...series.map(({ failed }) => failed));
  return (
    <div className={styles.plot}>
      <h3 className={styles.plotTitle}>{title}</h3>
      <Legend
        entries={[
          { name: done, color: palette.kept },
          { name: "failed", color: palette.broken },
        ]}
      />
      <Plot
        label={`${title} ${done} and failed per second over ${Math.round((series.at(-1)?.t ?? 0) / 1000)} seconds; at worst ${Math.round(worst)} failed in a second`}
        option={option}
        height={180}
      />
    </div>
  );
}
