import type { Availability } from "../../api/promises.js";
import { plural, share } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./availability-table.module.css";
import { Remedy } from "./remedy.js";
import { tones, words } from "./verdicts.js";

/** Availability of each entrance, and of each component with its own availability objective. */
export function AvailabilityTable({ rows }: { readonly rows: readonly Availability[] }) {
  return (
    <div className={styles.below}>
      <Section title="Availability" flush>
        <Table
          columns={[
            "Component",
            { name: "Promised", figure: true },
            { name: "Predicted", figure: true },
            "Derivation",
            "Verdict",
          ]}
        >
          {rows.map(({ subject, promised, predicted, remedy, verdict }) => (
            <tr key={subject}>
              <th scope="row">{subject}</th>
              <FigureCell label="Promised">{share(promised)}</FigureCell>
              <FigureCell label="Predicted">
                {predicted.kind === "known" ? share(predicted.value) : "unknown"}
              </FigureCell>
              <td data-label="Derivation" className={table.soft}>
                <div>
                  {predicted.kind === "known" ? <Parts parts={predicted.parts} /> : predicted.why}
                  {remedy && <Remedy remedy={remedy} />}
                </div>
              </td>
              <td data-label="Verdict">
                <Verdict tone={tones[verdict]}>{words[verdict]}</Verdict>
              </td>
            </tr>
          ))}
        </Table>
      </Section>
    </div>
  );
}

type Known = Extract<Availability["predicted"], { kind: "known" }>;

function Parts({ parts }: { readonly parts: Known["parts"] }) {
  return (
    <details>
      <summary className={styles.summary}>{plural(parts.length, "part")} in series</summary>
      <ul className={styles.parts}>
        {parts.map(({ name, value, replicas, source }) => (
          <li key={name}>
            {share(value)} {name}
            {replicas > 1 ? ` × ${replicas}` : ""}: {source}
          </li>
        ))}
      </ul>
    </details>
  );
}
