import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { DrillResult } from "../../../contracts/drills.js";
import { BIN_MS } from "../sample.js";

use([LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

export interface PlotColours {
  readonly text: string;
  readonly line: string;
  readonly answered: string;
  readonly failed: string;
  readonly fault: string;
}

export const light: PlotColours = {
  text: "#52514e",
  line: "#dddcd6",
  answered: "#1a7f5a",
  failed: "#c2342b",
  fault: "#52514e",
};

export const dark: PlotColours = {
  text: "#c3c2b7",
  line: "#3a3a38",
  answered: "#4fc796",
  failed: "#ff8078",
  fault: "#c3c2b7",
};

/** Successes and failures per second over the time of the drill, with a vertical line for each fault: an SVG without script. */
export function ratePlot(result: DrillResult, which: "series" | "writes", colours: PlotColours): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 920, height: 240 });
  const perSecond = (count: number) => (count * 1000) / BIN_MS;
  const bins = result[which];
  const line = (name: string, color: string, value: (bin: (typeof bins)[number]) => number) => ({
    name,
    type: "line" as const,
    step: "end" as const,
    symbol: "none",
    lineStyle: { color, width: 1.5 },
    itemStyle: { color },
    areaStyle: { color, opacity: 0.12 },
    data: bins.map((bin) => [bin.t / 1000, perSecond(value(bin))]),
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
      max: Math.ceil((bins.length * BIN_MS) / 1000),
      axisLabel: { color: colours.text },
      axisLine: { lineStyle: { color: colours.line } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      name: which === "series" ? "chats / s" : "writes / s",
      axisLabel: { color: colours.text },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      {
        ...line(which === "series" ? "answered" : "committed", colours.answered, (bin) => bin.ok),
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
      line("failed", colours.failed, (bin) => bin.failed),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
