import type {
  LatencyFigures,
  LatencyReport,
  UsageFigures,
  UsageGroup,
  UsageRank,
  UsageReport,
  UsageRow,
} from "../../api/usage.js";
import { count, duration, shortCount } from "../../format.js";
import { FigureCell, Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { figureOf, groupName } from "./series.js";
import { percent } from "./service-quality.js";
import styles from "./usage-table.module.css";

interface TotalsStripProps {
  readonly totals: UsageFigures;
  /** Undefined: not known for this range. */
  readonly latency: LatencyFigures | undefined;
}

/** Totals of the range. */
export function TotalsStrip({ totals, latency }: TotalsStripProps) {
  const { requests, inputTokens, outputTokens, errors, estimated } = totals;
  const interrupted = estimated === 0 ? "" : `${count(estimated)} estimated: interrupted answers`;
  const figures: readonly { readonly name: string; readonly value: string; readonly hint?: string }[] = [
    { name: "requests", value: short(requests) },
    { name: "input tokens", value: short(inputTokens) },
    { name: "output tokens", value: short(outputTokens), hint: interrupted },
    {
      name: "errors",
      value: short(errors),
      hint: errors === 0 ? "" : `${percent(errors / requests)} with status 400 or above`,
    },
    {
      name: "median latency",
      value: latency ? duration(latency.p50Ms) : "–",
      hint: latency ? `p95 ${duration(latency.p95Ms)}` : "for ranges of up to 24h",
    },
  ];
  return (
    <dl className={styles.totals}>
      {figures.map(({ name, value, hint }) => (
        <div key={name} className={styles.total}>
          <dt>
            {name}
            {hint && <span className={styles.hint}>{hint}</span>}
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function short(value: number): string {
  return value < 100_000 ? count(value) : shortCount(value);
}

interface UsageTableProps {
  readonly report: UsageReport;
  /** By the same group; undefined: not known for this range. */
  readonly latency: LatencyReport | undefined;
  readonly group: UsageGroup;
  readonly heading: string;
  /** The figure by which the rows are ordered. */
  readonly figure: UsageRank;
  readonly onSort: (figure: UsageRank) => void;
}

export function UsageTable({ report, latency, group, heading, figure, onSort }: UsageTableProps) {
  const { rows, totals, keyNames } = report;
  const all = figureOf(totals, figure);
  const ofGroup = (row: UsageRow) =>
    row.others === undefined ? latency?.rows.find((each) => each[group] === (row[group] ?? "")) : undefined;
  const sorted = rows.toSorted(
    (a, b) =>
      Number(a.others !== undefined) - Number(b.others !== undefined) || figureOf(b, figure) - figureOf(a, figure),
  );
  const sortable = (name: string, by: UsageRank) => ({
    name,
    figure: true as const,
    sort: { order: figure === by ? ("descending" as const) : ("none" as const), onSort: () => onSort(by) },
  });
  return (
    <Table
      columns={[
        heading,
        sortable("Requests", "requests"),
        { name: `Share of ${figure}`, figure: true },
        { name: "Input tokens", figure: true },
        { name: "Output tokens", figure: true },
        sortable("Tokens", "tokens"),
        sortable("Errors", "errors"),
        ...(latency
          ? [
              { name: "p50", figure: true as const },
              { name: "p95", figure: true as const },
            ]
          : []),
      ]}
    >
      {sorted.map((row) => (
        <tr key={JSON.stringify([row.organisation, row.key, row.model, row.others])}>
          <th scope="row" className={row.others === undefined ? undefined : table.soft}>
            <Name>{groupName(row, group, keyNames)}</Name>
          </th>
          <FigureCell label="Requests">{count(row.requests)}</FigureCell>
          <FigureCell label={`Share of ${figure}`} soft>
            {all === 0 ? "0" : ((figureOf(row, figure) / all) * 100).toFixed(1)}%
          </FigureCell>
          <FigureCell label="Input tokens">{count(row.inputTokens)}</FigureCell>
          <FigureCell label="Output tokens">{count(row.outputTokens)}</FigureCell>
          <FigureCell label="Tokens">{count(row.inputTokens + row.outputTokens)}</FigureCell>
          <FigureCell label="Errors">{count(row.errors)}</FigureCell>
          {latency && (
            <>
              <FigureCell label="p50">{latencyText(ofGroup(row)?.p50Ms)}</FigureCell>
              <FigureCell label="p95">{latencyText(ofGroup(row)?.p95Ms)}</FigureCell>
            </>
          )}
        </tr>
      ))}
    </Table>
  );
}

function latencyText(ms: number | undefined): string {
  return ms === undefined ? "–" : duration(ms);
}
