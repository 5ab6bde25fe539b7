import { useMemo } from "react";
import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import { hasLatency, type Span, type UsageReport, useLatency } from "../../api/usage.js";
import { usePalette } from "../../charts/plot.js";
import { duration } from "../../format.js";
import { LinePlot } from "./line-plot.js";
import { errorRates, latencies } from "./series.js";
import styles from "./usage-plot.module.css";

interface ServiceQualityProps {
  readonly report: UsageReport;
  readonly unit: UsageTimeUnit;
  readonly times: readonly number[];
  readonly span: Span;
  readonly drills: boolean;
  readonly live: boolean;
}

/** Latency and error rate over time, side by side. */
export function ServiceQuality({ report, unit, times, span, drills, live }: ServiceQualityProps) {
  const palette = usePalette();
  const { from, to } = span;
  const rates = useMemo(
    () => [{ name: "error rate", color: palette.broken, values: errorRates(report, unit, { from, to }) }],
    [report, unit, from, to, palette],
  );
  return (
    <div className={styles.pair}>
      {unit !== "day" && hasLatency(span) ? (
        <Latency unit={unit} times={times} span={span} drills={drills} live={live} />
      ) : (
        <p className={styles.absent}>Latency is computed from single requests: select a range of at most 24 hours.</p>
      )}
      <LinePlot
        title="Error rate"
        label={`Share of requests with status 400 or above per ${unit}`}
        unit={unit}
        times={times}
        lines={rates}
        format={percent}
      />
    </div>
  );
}

type LatencyProps = Omit<ServiceQualityProps, "report" | "unit"> & { readonly unit: "minute" | "hour" };

function Latency({ unit, times, span, drills, live }: LatencyProps) {
  const palette = usePalette();
  const { from, to } = span;
  const report = useLatency(span, unit, drills, live).data;
  const lines = useMemo(() => {
    const rows = report ? latencies(report, unit, { from, to }) : [];
    const [first, second, third] = palette.series;
    return [
      { name: "p50", color: first ?? palette.accent, values: rows.map((row) => row?.p50Ms ?? null) },
      { name: "p95", color: second ?? palette.accent, values: rows.map((row) => row?.p95Ms ?? null) },
      { name: "p99", color: third ?? palette.accent, values: rows.map((row) => row?.p99Ms ?? null) },
    ];
  }, [report, unit, from, to, palette]);
  return (
    <LinePlot
      title="Latency of whole answers"
      label={`Latency percentiles per ${unit}; the table below contains those of the range`}
      unit={unit}
      times={times}
      lines={lines}
      format={duration}
    />
  );
}

/** 0.066 → `6.6%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
