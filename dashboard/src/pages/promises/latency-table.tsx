import type { Latency } from "../../api/promises.js";
import { plural } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./availability-table.module.css";
import { formatLatency, formatResponse } from "./latency-text.js";
import { Remedy } from "./remedy.js";
import { measuredAgainst, tones, words } from "./verdicts.js";

/** Latency objectives: promised, predicted from the declared load, and measured by the usage ledger. */
export function LatencyTable({ rows }: { readonly rows: readonly Latency[] }) {
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
    </div>
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
