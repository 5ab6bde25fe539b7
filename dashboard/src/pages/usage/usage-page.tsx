import { Button, Checkbox, SegmentedControl } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import {
  hasLatency,
  readUsageCsv,
  type Span,
  USAGE_INTERVAL_MS,
  type UsageGroup,
  type UsageRank,
  useLatency,
  useUsage,
} from "../../api/usage.js";
import { zoneName } from "../../format.js";
import { DownloadIcon } from "../../shell/icons.js";
import { LiveMark } from "../../shell/live-mark.js";
import { Page, Section } from "../../shell/page.js";
import { saveFile } from "../../shell/save-file.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { choice, useUrlState } from "../../shell/url-state.js";
import { CustomRange } from "./custom-range.js";
import { type RangeName, ranges, spanBetween, spanOf, UNIT_MS, unitOf } from "./range.js";
import { toSeries } from "./series.js";
import { ServiceQuality } from "./service-quality.js";
import styles from "./usage-page.module.css";
import { UsagePlot } from "./usage-plot.js";
import { TotalsStrip, UsageTable } from "./usage-table.js";

const groupNames = { model: "Model", organisation: "Organisation", key: "Key" } as const satisfies Record<
  UsageGroup,
  string
>;
const figureNames = { requests: "Requests", tokens: "Tokens", errors: "Errors" } as const satisfies Record<
  UsageRank,
  string
>;
const rangeNames: readonly RangeName[] = ["15m", "1h", "24h", "7d", "30d", "90d"];

function options<Value extends string>(names: Readonly<Record<Value, string>>, values: readonly Value[]) {
  return values.map((value) => ({ value, label: names[value] }));
}

/** A new platform has its first requests in one hour, which by hour would be a single bar. */
const DEFAULT_RANGE: RangeName = "1h";

/** Metered requests over time. Range, grouping and figure are in the address. */
export function UsagePage() {
  const [parameters, setParameters] = useUrlState();
  const custom = spanBetween(parameters.get("from"), parameters.get("to"));
  const range = custom ? "custom" : choice(parameters.get("range"), [DEFAULT_RANGE, ...rangeNames]);
  const group = choice(parameters.get("by"), ["model", "organisation", "key"]);
  const figure = choice(parameters.get("figure"), ["requests", "tokens", "errors"]);
  const drills = parameters.get("drills") === "include";
  const span = custom ?? spanOf(range === "custom" ? DEFAULT_RANGE : range, Date.now());
  const unit = range === "custom" ? unitOf(span) : ranges[range].unit;

  const setRange = (next: string) => {
    if (next !== "custom")
      setParameters({ range: next === DEFAULT_RANGE ? undefined : next, from: undefined, to: undefined });
    else {
      // The shown range, up to now: a later end would promise data of the future.
      const now = Math.floor(Date.now() / UNIT_MS.minute) * UNIT_MS.minute;
      setParameters(addressOf({ from: Math.min(span.from, now - UNIT_MS.hour), to: Math.min(span.to, now) }));
    }
  };

  return (
    <Page
      title="Usage"
      lead="Every answered request with a valid key, counted exactly once. New requests appear within seconds."
      actions={<ExportButton span={span} unit={unit} group={group} drills={drills} />}
    >
      <div className={styles.controls}>
        <SegmentedControl
          aria-label="Range"
          classNames={{ label: styles.range }}
          value={range}
          onChange={setRange}
          data={[...rangeNames.map((value) => ({ value, label: value })), { value: "custom", label: "Custom" }]}
        />
        <SegmentedControl
          aria-label="Group by"
          value={group}
          onChange={(by) => setParameters({ by: by === "model" ? undefined : by })}
          data={options(groupNames, ["model", "organisation", "key"])}
        />
        <SegmentedControl
          aria-label="Figure"
          value={figure}
          onChange={(next) => setParameters({ figure: next === "requests" ? undefined : next })}
          data={options(figureNames, ["requests", "tokens", "errors"])}
        />
        <Checkbox
          className={styles.drills}
          label="Include drills"
          checked={drills}
          onChange={(event) => setParameters({ drills: event.currentTarget.checked ? "include" : undefined })}
        />
      </div>
      {custom && (
        <CustomRange
          key={`${custom.from} ${custom.to}`}
          span={custom}
          onChange={(chosen) => setParameters(addressOf(chosen))}
        />
      )}
      <Report
        span={span}
        unit={unit}
        group={group}
        figure={figure}
        drills={drills}
        live={!custom}
        wider={WIDER[range]}
        onRange={setRange}
        onFigure={(next) => setParameters({ figure: next === "requests" ? undefined : next })}
      />
    </Page>
  );
}

function addressOf({ from, to }: Span) {
  return { range: undefined, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Groups of the plot: more colours cannot be distinguished. */
const PLOTTED_GROUPS = 7;
const LISTED_GROUPS = 100;

interface ReportProps {
  readonly span: Span;
  readonly unit: UsageTimeUnit;
  readonly group: UsageGroup;
  readonly figure: UsageRank;
  readonly drills: boolean;
  readonly live: boolean;
  /** The range to look at if this one has no requests. */
  readonly wider: RangeName | undefined;
  readonly onRange: (range: RangeName) => void;
  readonly onFigure: (figure: UsageRank) => void;
}

const WIDER: Readonly<Record<RangeName | "custom", RangeName | undefined>> = {
  "15m": "1h",
  "1h": "24h",
  "24h": "7d",
  "7d": "30d",
  "30d": "90d",
  "90d": undefined,
  custom: undefined,
};

function Report({ span, unit, group, figure, drills, live, wider, onRange, onFigure }: ReportProps) {
  const { from, to } = span;
  const overTime = useUsage({ span, group, rank: figure, top: PLOTTED_GROUPS, unit, drills }, live);
  const inTotal = useUsage({ span, group, rank: figure, top: LISTED_GROUPS, unit: undefined, drills }, live);
  const latency = useLatency(span, group, drills, live);
  const plotted = useMemo(
    () => overTime.data && toSeries(overTime.data, group, figure, unit, { from, to }),
    [overTime.data, group, figure, unit, from, to],
  );
  const failed = [overTime, inTotal].find(({ isError, data }) => isError && !data);
  if (failed?.error)
    return <Failure what="The usage could not be read" error={failed.error} onRetry={() => failed.refetch()} />;
  if (!inTotal.data || !plotted) return <Loading rows={7} what="the usage" />;
  if (inTotal.data.totals.requests === 0)
    return (
      <Empty
        title="No requests in this period"
        action={
          wider && (
            <Button variant="default" onClick={() => onRange(wider)}>
              Show the last {wider}
            </Button>
          )
        }
      >
        Send a message in the playground on the Models page, or call <code>/v1/chat/completions</code> with an API key.
      </Empty>
    );
  const grouped = groupNames[group].toLowerCase();
  const zone = unit === "day" ? "Days in UTC" : `Times in ${zoneName(span.to)}`;
  return (
    <>
      <TotalsStrip
        totals={inTotal.data.totals}
        latency={hasLatency(span) ? (latency.data?.totals ?? undefined) : undefined}
      />
      <Section
        title={`${figureNames[figure]} by ${grouped}`}
        aside={
          <>
            <span>{zone}</span>
            {live && <LiveMark readAt={overTime.dataUpdatedAt} intervalMs={USAGE_INTERVAL_MS} />}
          </>
        }
      >
        <UsagePlot plotted={plotted} group={group} figure={figure} />
      </Section>
      <Section title="Latency and errors" aside={<span>{zone}</span>}>
        <ServiceQuality
          report={overTime.data ?? inTotal.data}
          unit={unit}
          times={plotted.times}
          span={span}
          drills={drills}
          live={live}
        />
      </Section>
      <Section title={`Totals by ${grouped}`} flush>
        <UsageTable
          report={inTotal.data}
          latency={hasLatency(span) ? latency.data : undefined}
          group={group}
          heading={groupNames[group]}
          figure={figure}
          onSort={onFigure}
        />
      </Section>
    </>
  );
}

function ExportButton({ span, unit, group, drills }: Pick<ReportProps, "span" | "unit" | "group" | "drills">) {
  const save = useMutation({
    mutationFn: async () =>
      saveFile(`usage-by-${unit}-and-${group}.csv`, await readUsageCsv(span, [unit, group], drills)),
    onError: (error) => notifications.show({ color: "red", title: "The export failed", message: error.message }),
  });
  return (
    <Button
      variant="default"
      leftSection={<DownloadIcon size={16} />}
      loading={save.isPending}
      onClick={() => save.mutate()}
    >
      Export CSV
    </Button>
  );
}
