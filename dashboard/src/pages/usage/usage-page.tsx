import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useKeys } from "../../api/keys.js";
import { type Grouping, type Span, usageCsv, useUsage } from "../../api/usage.js";
import { DownloadIcon } from "../../shell/icons.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { fromFields, type RangeName, type ranges, spanOf, toField } from "./range.js";
import { type Measure, toGroups, toSeries } from "./series.js";
import styles from "./usage-page.module.css";
import { UsagePlot } from "./usage-plot.js";
import { TotalsStrip, UsageTable } from "./usage-table.js";

const groupings: readonly { readonly value: Grouping; readonly label: string }[] = [
  { value: "model", label: "Model" },
  { value: "organisation", label: "Organisation" },
  { value: "key", label: "Key" },
];
const measures: readonly { readonly value: Measure; readonly label: string }[] = [
  { value: "requests", label: "Requests" },
  { value: "tokens", label: "Tokens" },
  { value: "errors", label: "Errors" },
];

function isPreset(range: RangeName): range is keyof typeof ranges {
  return range !== "custom";
}

/** Metered requests by hour. */
export function UsagePage() {
  const [range, setRange] = useState<RangeName>("24h");
  const [custom, setCustom] = useState(() => {
    const { from, to } = spanOf("7d", Date.now());
    return { from: toField(from), to: toField(to) };
  });
  const [by, setBy] = useState<Grouping>("model");
  const [measure, setMeasure] = useState<Measure>("requests");
  const chosen = isPreset(range) ? spanOf(range, Date.now()) : fromFields(custom.from, custom.to);
  const span = chosen ?? spanOf("24h", Date.now());

  return (
    <Page
      title="Usage"
      lead="Every answered request, counted exactly once. New requests appear within seconds."
      actions={
        <Button component="a" href={usageCsv(span)} download variant="default" leftSection={<DownloadIcon size={16} />}>
          Export CSV
        </Button>
      }
    >
      <div className={styles.controls}>
        <SegmentedControl
          aria-label="Range"
          value={range}
          onChange={setRange}
          data={[
            { value: "24h", label: "24 hours" },
            { value: "7d", label: "7 days" },
            { value: "30d", label: "30 days" },
            { value: "custom", label: "Custom" },
          ]}
        />
        <SegmentedControl aria-label="Group by" value={by} onChange={setBy} data={[...groupings]} />
        <SegmentedControl aria-label="Measure" value={measure} onChange={setMeasure} data={[...measures]} />
      </div>
      {range === "custom" && (
        <div className={styles.fields}>
          <TextInput
            type="datetime-local"
            label="From"
            value={custom.from}
            onChange={(event) => setCustom({ ...custom, from: event.currentTarget.value })}
          />
          <TextInput
            type="datetime-local"
            label="To"
            value={custom.to}
            onChange={(event) => setCustom({ ...custom, to: event.currentTarget.value })}
            error={chosen ? undefined : "must be after the start"}
          />
        </div>
      )}
      <Figures span={span} by={by} measure={measure} live={range !== "custom"} />
    </Page>
  );
}

interface FiguresProps {
  readonly span: Span;
  readonly by: Grouping;
  readonly measure: Measure;
  readonly live: boolean;
}

function Figures({ span, by, measure, live }: FiguresProps) {
  const usage = useUsage(span, by, live);
  const { from, to } = span;
  const names = useKeyNames(by === "key");
  const rows = useMemo(
    () => usage.data?.rows.map((row) => (row.key === undefined ? row : { ...row, key: names.get(row.key) ?? row.key })),
    [usage.data, names],
  );
  const plotted = useMemo(() => rows && toSeries(rows, by, measure, { from, to }), [rows, by, measure, from, to]);
  const groups = useMemo(() => rows && toGroups(rows, by), [rows, by]);

  if (usage.isPending) return <Loading rows={7} what="the usage" />;
  if (usage.isError && !usage.data)
    return <Failure what="The usage could not be read" error={usage.error} onRetry={() => usage.refetch()} />;
  if (!usage.data || !plotted || !groups) return null;
  return (
    <>
      <TotalsStrip totals={usage.data.totals} />
      {usage.data.rows.length === 0 ? (
        <Empty title="No requests in this period">
          Send a message in the playground on the Models page, or call <code>/v1/chat/completions</code> with an API
          key.
        </Empty>
      ) : (
        <>
          <Section title={`${name(measures, measure)} by ${name(groupings, by).toLowerCase()}`}>
            <UsagePlot plotted={plotted} measure={measure} />
          </Section>
          <Section title={`By ${name(groupings, by).toLowerCase()}`} flush>
            <UsageTable groups={groups} heading={name(groupings, by)} />
          </Section>
        </>
      )}
    </>
  );
}

/** Names of keys by id: usage is recorded by key id. */
function useKeyNames(wanted: boolean): ReadonlyMap<string, string> {
  const keys = useKeys(wanted).data;
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const { id, name: given, prefix } of keys ?? []) {
      const ambiguous = keys?.some((other) => other.id !== id && other.name === given);
      names.set(id, ambiguous ? `${given} (${prefix}…)` : given);
    }
    return names;
  }, [keys]);
}

function name(list: readonly { readonly value: string; readonly label: string }[], value: string): string {
  return list.find((entry) => entry.value === value)?.label ?? value;
}
