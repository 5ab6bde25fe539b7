import type { Latency } from "../../api/promises.js";
import { duration } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./availability-table.module.css";
import { SourceLocation } from "./source-location.js";

/** Latency objectives. Latency is not predicted, so there is no verdict. */
export function LatencyTable({ rows }: { readonly rows: readonly Latency[] }) {
  return (
    <div className={styles.below}>
      <Section title="Latency" flush>
        <Table columns={["Component", { name: "Promised", figure: true }, "Promised in", "Verdict"]}>
          {rows.map(({ subject, percentile, within, promisedAt }) => (
            <tr key={subject}>
              <th scope="row">{subject}</th>
              <FigureCell label="Promised">
                p{Math.round(percentile * 100)} within {duration(within)}
              </FigureCell>
              <td data-label="Promised in" className={table.soft}>
                <SourceLocation origin={promisedAt} />
              </td>
              <td data-label="Verdict">
                <Verdict tone="unknown">not predicted</Verdict>
              </td>
            </tr>
          ))}
        </Table>
      </Section>
    </div>
  );
}
