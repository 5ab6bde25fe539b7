import type { UsageFigures } from "../../api/usage.js";
import { count, shortCount } from "../../format.js";
import { FigureCell, Table } from "../../shell/table.js";
import styles from "./usage-table.module.css";

const figures = ["Requests", "Share", "Input tokens", "Output tokens", "Errors", "Estimated"].map(
  (name) => ({ name, figure: true }) as const,
);

/** Totals of the range. */
export function TotalsStrip({ totals }: { readonly totals: UsageFigures }) {
  const figures: readonly { readonly name: string; readonly value: number; readonly hint?: string }[] = [
    { name: "requests", value: totals.requests },
    { name: "input tokens", value: totals.inputTokens },
    { name: "output tokens", value: totals.outputTokens },
    { name: "errors", value: totals.errors },
    {
      name: "estimated",
      value: totals.estimated,
      hint: "Requests whose tokens are estimated, because the answer was interrupted",
    },
  ];
  return (
    <dl className={styles.totals}>
      {figures.map(({ name, value, hint }) => (
        <div key={name} className={styles.total} title={hint}>
          <dt>{name}</dt>
          <dd title={count(value)}>{value < 100_000 ? count(value) : shortCount(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface UsageTableProps {
  readonly groups: readonly (UsageFigures & { readonly name: string })[];
  readonly heading: string;
}

export function UsageTable({ groups, heading }: UsageTableProps) {
  const all = groups.reduce((sum, { requests }) => sum + requests, 0);
  return (
    <Table columns={[heading, ...figures]}>
      {groups.map(({ name, requests, inputTokens, outputTokens, errors, estimated }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <FigureCell label="Requests">{count(requests)}</FigureCell>
          <FigureCell label="Share">{all === 0 ? "0" : ((requests / all) * 100).toFixed(1)}%</FigureCell>
          <FigureCell label="Input tokens">{count(inputTokens)}</FigureCell>
          <FigureCell label="Output tokens">{count(outputTokens)}</FigureCell>
          <FigureCell label="Errors">{count(errors)}</FigureCell>
          <FigureCell label="Estimated">{count(estimated)}</FigureCell>
        </tr>
      ))}
    </Table>
  );
}
