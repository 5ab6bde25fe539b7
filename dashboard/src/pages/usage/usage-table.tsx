import type { UsageFigures, UsageGroup, UsageRank, UsageReport } from "../../api/usage.js";
import { count, shortCount } from "../../format.js";
import { FigureCell, Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { figureOf, groupName } from "./series.js";
import styles from "./usage-table.module.css";

/** Totals of the range. */
export function TotalsStrip({ totals }: { readonly totals: UsageFigures }) {
  const figures: readonly { readonly name: string; readonly value: number; readonly hint?: string }[] = [
    { name: "requests", value: totals.requests },
    { name: "input tokens", value: totals.inputTokens },
    { name: "output tokens", value: totals.outputTokens },
    { name: "errors", value: totals.errors, hint: "status 400 or above" },
    { name: "with estimated tokens", value: totals.estimated, hint: "interrupted answers" },
  ];
  return (
    <dl className={styles.totals}>
      {figures.map(({ name, value, hint }) => (
        <div key={name} className={styles.total}>
          <dt>
            {name}
            {hint && <span className={styles.hint}>{hint}</span>}
          </dt>
          <dd title={count(value)}>{value < 100_000 ? count(value) : shortCount(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface UsageTableProps {
  readonly report: UsageReport;
  readonly group: UsageGroup;
  readonly heading: string;
  /** The figure by which the rows are ordered. */
  readonly figure: UsageRank;
  readonly onSort: (figure: UsageRank) => void;
}

export function UsageTable({ report, group, heading, figure, onSort }: UsageTableProps) {
  const { rows, totals, keyNames } = report;
  const all = figureOf(totals, figure);
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
        { name: "Estimated", figure: true },
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
          <FigureCell label="Estimated">{count(row.estimated)}</FigureCell>
        </tr>
      ))}
    </Table>
  );
}
