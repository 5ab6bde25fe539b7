import type { Latency, MeasuredLoad } from "../../api/promises.js";
import { dateTime, duration, plural } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./availability-table.module.css";
import { formatLatency, formatResponse } from "./latency-text.js";
import { Remedy } from "./remedy.js";
import { measuredAgainst, tones, words } from "./verdicts.js";

interface LatencyTableProps {
  readonly rows: readonly Latency[];
  readonly loads: readonly MeasuredLoad[];
}

/** Latency objectives: promised, predicted from the load, and measured by the usage ledger; below them the load of each model. */
export function LatencyTable({ rows, loads }: LatencyTableProps) {
  return (
    <div className={styles.below}>
      <Section title="Latency" flush>
        <Table
          columns={[
            "Component",
            { name: "Promised", figure: true },
            { name: "Predicted", figure: true },
            { name: "Measured", figure: true },
            "Derivation",
            "Verdict",
          ]}
        >
          {rows.map((row) => (
            <tr key={`${row.of} ${row.subject}`}>
              <th scope="row">{row.subject}</th>
              <FigureCell label="Promised">{formatLatency(row)}</FigureCell>
              <FigureCell label="Predicted">
                {row.predicted.kind === "bounded" ? formatResponse(row.predicted.total) : row.predicted.kind}
              </FigureCell>
              <FigureCell label="Measured">{row.measured ? measuredAgainst(row.measured, row.within) : "–"}</FigureCell>
              <td data-label="Derivation" className={table.soft}>
                <div>
                  {row.predicted.kind === "bounded" ? <Terms terms={row.predicted.terms} /> : row.predicted.why}
                  {row.forMeasuredLoad && <p>{FOR_MEASURED_LOAD[row.forMeasuredLoad]}</p>}
                  {row.underestimated && <p>More was measured than predicted.</p>}
                  {row.remedy && <Remedy remedy={row.remedy} />}
                </div>
              </td>
              <td data-label="Verdict">
                <Verdict tone={tones[row.verdict]}>{words[row.verdict]}</Verdict>
              </td>
            </tr>
          ))}
        </Table>
      </Section>
      {loads.length > 0 && <LoadTable loads={loads} />}
    </div>
  );
}

const FOR_MEASURED_LOAD = {
  longer: "Predicted for the measured load, which takes longer than the declared one.",
  "not-declared": "Predicted for the measured load: no complete load is declared.",
} as const satisfies Readonly<Record<NonNullable<Latency["forMeasuredLoad"]>, string>>;

const FIGURES = {
  rate: "requests",
  burst: "burst",
  prompt: "tokens of a prompt",
  answer: "tokens of an answer",
} as const satisfies Readonly<Record<MeasuredLoad["figures"][number]["name"], string>>;

/** What arrived in the busiest period of each model, beside what the platform file declares. */
function LoadTable({ loads }: { readonly loads: readonly MeasuredLoad[] }) {
  return (
    <Section title="Load" flush>
      <Table
        columns={["Model", "Figure", { name: "Declared", figure: true }, { name: "Measured", figure: true }, "Period"]}
      >
        {loads.flatMap(({ model, requests, from, duration: length, figures }) =>
          figures.map(({ name, measured, declared, exceeded }) => (
            <tr key={`${model} ${name}`}>
              <th scope="row">{model}</th>
              <td data-label="Figure">{FIGURES[name]}</td>
              <FigureCell label="Declared">{declared ?? "–"}</FigureCell>
              <FigureCell label="Measured">{exceeded ? `${measured}, exceeded` : measured}</FigureCell>
              <td data-label="Period" className={table.soft}>
                {name === "rate" || name === "burst"
                  ? `${plural(requests, "request")} in ${duration(length)} from ${dateTime(from)}`
                  : "24 hours"}
              </td>
            </tr>
          )),
        )}
      </Table>
    </Section>
  );
}

type Bounded = Extract<Latency["predicted"], { kind: "bounded" }>;

function Terms({ terms }: { readonly terms: Bounded["terms"] }) {
  return (
    <details>
      <summary className={styles.summary}>{plural(terms.length, "term")} in sum</summary>
      <ul className={styles.parts}>
        {terms.map(({ name, value, how }) => (
          <li key={name}>
            {formatResponse(value)} {name}
            {how === undefined ? "" : `: ${how}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
