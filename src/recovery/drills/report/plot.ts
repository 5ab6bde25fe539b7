import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { perSecond } from "../../../contracts/drill-rates.js";
import type { DrillResult } from "../../../contracts/drills.js";

use([LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

export interface PlotColours {
  readonly text: string;
  readonly line: string;
  readonly answered: string;
  readonly failed: string;
  readonly fault: string;
}

/** The colours of the dashboard, from which reports are opened (dashboard/src/tokens.css). */
export const light: PlotColours = {
  text: "#55636f",
  line: "#dfe5ea",
  answered: "#17703f",
  failed: "#b3261e",
  fault: "#55636f",
};

export const dark: PlotColours = {
  text: "#9aa8b5",
  line: "#25303a",
  answered: "#62c48d",
  failed: "#ff8f85",
  fault: "#9aa8b5",
};

/** Successes and failures in each second, as on the page of the drill, with a vertical line for each fault: an SVG without script. */
export function ratePlot(result: DrillResult, which: "series" | "writes", colours: PlotColours): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 920, height: 240 });
  const rates = perSecond(result[which], result.state === "running");
  const line = (name: string, color: string, value: (rate: (typeof rates)[number]) => number) => ({
    name,
    type: "line" as const,
    symbol: "none",
    lineStyle: { color, width: 1.5 },
    itemStyle: { color },
    areaStyle: { color, opacity: 0.12 },
    data: rates.map((rate) => [rate.t / 1000, value(rate)]),
  });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif", color: colours.text },
    legend: {
      top: 0,
      right: 0,
      icon: "rect",
      itemGap: 28,
      itemWidth: 14,
      itemHeight: 3,
      textStyle: { color: colours.text },
    },
    grid: { left: 46, right: 16, top: 34, bottom: 40 },
    xAxis: {
      type: "value",
      name: "seconds since the start",
      nameLocation: "middle",
      nameGap: 26,
      min: 0,
      max: Math.max(1, Math.ceil((rates.at(-1)?.t ?? 0) / 1000)),
      axisLabel: { color: colours.text, showMaxLabel: false },
      axisLine: { lineStyle: { color: colours.line } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { color: colours.text },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      {
        ...line(which === "series" ? "answered" : "committed", colours.answered, ({ ok }) => ok),
        markLine: {
          silent: true,
          symbol: "none",
          lineStyle: { color: colours.fault, type: "dashed" },
          label: { color: colours.text, formatter: ({ name }: { name: string }) => name },
          data: result.faults.map((fault, n) => ({
            name: result.faults.length > 1 ? `fault ${n + 1}` : "fault",
            xAxis: (fault.injectedAt - result.startedAt) / 1000,
          })),
        },
      },
      line("failed", colours.failed, ({ failed }) => failed),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
