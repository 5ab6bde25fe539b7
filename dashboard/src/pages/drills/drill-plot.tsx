import { useMemo } from "react";
import { perSecond } from "../../../../src/contracts/drill-rates.js";
import { type DrillResult, isRunning } from "../../api/drills.js";
import { Legend } from "../../charts/legend.js";
import { baseOption, Plot, textWidth, tooltipContent, usePalette, valueAxis } from "../../charts/plot.js";
import { count, shortCount } from "../../format.js";
import styles from "./drill-page.module.css";
import { markLabels } from "./marks.js";

/** Margins of the plot area for axis labels. Fixed, so that positions can be calculated. */
const room = { left: 34, right: 16, top: 18, bottom: 22 };
const LABEL_FONT_PX = 10;

/** The labels above the plot: the number of each event in the list below, or a range where labels would overlap. */
function markNumbers(moments: readonly number[], end: number, width: number): ReadonlyMap<number, string> {
  const pixels = Math.max(0, width - room.left - room.right) / end;
  const labels = markLabels(
    moments.map((t) => t * pixels),
    (text) => textWidth(text, LABEL_FONT_PX),
    5,
  );
  return new Map(labels.map(({ over, text }) => [over, text]));
}

interface DrillPlotProps {
  readonly drill: DrillResult;
  readonly of: "series" | "writes";
}

const names = {
  series: { title: "Chat requests", done: "answered" },
  writes: { title: "Writes to the database", done: "committed" },
} as const;

/** Successful and failed operations per second, with events as vertical lines. */
export function DrillPlot({ drill, of }: DrillPlotProps) {
  const palette = usePalette();
  const { events } = drill;
  const { title, done } = names[of];
  const series = useMemo(() => perSecond(drill[of], isRunning(drill)), [drill, of]);
  const option = useMemo(() => {
    const end = Math.max(1, series.at(-1)?.t ?? 0);
    // Events after the end of the load are only in the list below.
    const within = events.filter(({ t }) => t <= end);
    return (width: number) => {
      const numbers = markNumbers(
        within.map(({ t }) => t),
        end,
        width,
      );
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
        grid: { ...room, containLabel: false },
        xAxis: {
          type: "value",
          min: 0,
          max: end,
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
                fontSize: LABEL_FONT_PX,
                formatter: ({ dataIndex }: { dataIndex: number }) => numbers.get(dataIndex) ?? "",
              },
              data: within.map(({ t, what }) => ({ xAxis: t, name: what })),
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
    };
  }, [palette, series, events, done]);
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
