import type { DrillResult } from "../../api/drills.js";
import { type Sheet, usePromises } from "../../api/promises.js";
import { bytes, duration } from "../../format.js";
import { Section } from "../../shell/page.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";

/** What each step of the recovery took, beside the term of the prediction with the same name. */
export function RecoverySteps({ drill }: { readonly drill: DrillResult }) {
  const sheet = usePromises().data;
  const predicted = predictedTerms(sheet, drill);
  return (
    <Section title="Recovery steps" flush aside={<span>measured by this drill, beside the prediction</span>}>
      <Table
        columns={[
          "Step",
          { name: "Measured", figure: true },
          { name: "Predicted", figure: true },
          { name: "Data", figure: true },
          { name: "Rate", figure: true },
        ]}
      >
        {drill.terms.map(({ name, value, bytes: size }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <FigureCell label="Measured">{duration(value)}</FigureCell>
            <FigureCell label="Predicted" soft>
              {text(predicted.get(name))}
            </FigureCell>
            <FigureCell label="Data">
              {size === undefined ? <span className={table.soft}>–</span> : bytes(size)}
            </FigureCell>
            <FigureCell label="Rate">
              {size === undefined || value === 0 ? (
                <span className={table.soft}>–</span>
              ) : (
                `${bytes((size / value) * 1000)}/s`
              )}
            </FigureCell>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function text(value: number | undefined): string {
  return value === undefined ? "–" : duration(value);
}

/** The terms of the RTO prediction for the component that the drill measured worst. */
function predictedTerms(sheet: Sheet | undefined, { fault, subject }: DrillResult): ReadonlyMap<string, number> {
  const prediction = sheet?.rows.find((row) => row.fault === fault && row.subject === subject)?.rto.predicted;
  return new Map(
    prediction?.kind === "bounded" ? prediction.terms.map(({ name, value }) => [name, value] as const) : [],
  );
}
