import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { type EChartsCoreOption, type EChartsType, init } from "./echarts.js";
import styles from "./plot.module.css";

/** The colours of the page in its current colour scheme. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly kept: string;
  readonly broken: string;
  readonly unknown: string;
  /** For series without a meaning of their own; distinguishable with colour vision deficiency. */
  readonly series: readonly string[];
}

const light = ["#1d648b", "#d08a1d", "#4f9d77", "#9a5a93", "#6a7b8a", "#c05746", "#3f4fa3", "#8d8b2a"];
const dark = ["#5fa9d4", "#e0a94a", "#6fc49a", "#c58cbd", "#96a6b4", "#e38a7b", "#8d9be6", "#c3c060"];

function readPalette(scheme: "light" | "dark"): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: value("--ink"),
    soft: value("--ink-soft"),
    line: value("--line"),
    surface: value("--raised"),
    accent: value("--accent"),
    kept: value("--kept"),
    broken: value("--broken"),
    unknown: value("--unknown"),
    series: scheme === "dark" ? dark : light,
  };
}

export function usePalette(): Palette {
  const scheme = useComputedColorScheme("light");
  return useMemo(() => readPalette(scheme), [scheme]);
}

interface PlotProps {
  /** A sentence that describes the plot for screen readers. */
  readonly label: string;
  /** A function if the option depends on the width in pixels. */
  readonly option: EChartsCoreOption | ((width: number) => EChartsCoreOption);
  readonly height: number;
}

/** A plot on a canvas that follows the width of its container. Its values must be on the page as text as well. */
export function Plot({ label, option, height }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = init(element);
    chart.current = made;
    const observer = new ResizeObserver(() => {
      made.resize();
      setWidth(made.getWidth());
    });
    observer.observe(element);
    setWidth(made.getWidth());
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = undefined;
    };
  }, []);

  const drawn = useMemo(() => (typeof option === "function" ? option(width) : option), [option, width]);
  useEffect(() => {
    if (width > 0) chart.current?.setOption(drawn, { notMerge: true });
  }, [drawn, width]);

  return <div ref={box} role="img" aria-label={label} className={styles.plot} style={{ height }} />;
}

/** The tooltip of a plot, built from elements: the Content-Security-Policy blocks markup with inline styles. */
export function tooltipContent(
  title: string,
  lines: readonly { color: string; name: string; value: string }[],
): HTMLElement {
  const box = document.createElement("div");
  const head = document.createElement("div");
  head.className = styles.tooltipTitle ?? "";
  head.textContent = title;
  box.append(head);
  for (const { color, name, value } of lines) {
    const line = document.createElement("div");
    line.className = styles.tooltipLine ?? "";
    const dot = document.createElement("span");
    dot.className = styles.tooltipDot ?? "";
    dot.style.background = color;
    const what = document.createElement("span");
    what.textContent = name;
    const figure = document.createElement("span");
    figure.className = styles.tooltipValue ?? "";
    figure.textContent = value;
    line.append(dot, what, figure);
    box.append(line);
  }
  return box;
}

/** The axes, grid and tooltip of every plot. */
export function baseOption(palette: Palette): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11, color: palette.soft },
    grid: { left: 8, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      backgroundColor: palette.surface,
      borderColor: palette.line,
      borderWidth: 1,
      padding: [8, 10],
      textStyle: { color: palette.ink, fontSize: 12 },
      axisPointer: { type: "line", lineStyle: { color: palette.soft, width: 1, type: "dashed" } },
    },
  };
}

/** The width of a text in the font of the plots, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * fontSize;
  pen.font = `${fontSize}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}
let pen: CanvasRenderingContext2D | null | undefined;

export function valueAxis(palette: Palette, format: (value: number) => string) {
  return {
    type: "value",
    axisLabel: { color: palette.soft, fontSize: 11, formatter: format },
    splitLine: { lineStyle: { color: palette.line } },
    splitNumber: 4,
    minInterval: 1,
  };
}
