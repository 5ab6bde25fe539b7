import type { DrillResult } from "../../api/drills.js";
import { duration } from "../../format.js";
import { Section } from "../../shell/page.js";
import { Verdict } from "../../shell/state-mark.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { measuredAgainst, tones, words } from "../promises/verdicts.js";

const columns = [
  "Subject",
  ...(["RTO", "RPO"] as const).flatMap((objective) => [
    { name: `${objective} measured`, figure: true } as const,
    { name: "predicted", key: `${objective} predicted`, figure: true } as const,
    { name: "promised", key: `${objective} promised`, figure: true } as const,
  ]),
  "Verdict",
];

/** What one drill measured for every component that its faults affected. */
export function BySubject({ measurements }: Pick<DrillResult, "measurements">) {
  const figure = (value: number | undefined) => (value === undefined ? "–" : duration(value));
  return (
    <Section title="By subject" flush>
      <Table columns={columns}>
        {measurements.map(({ subject, rto, rpo, promised, predicted, verdict, underestimated }) => (
          <tr key={subject}>
            <th scope="row">{subject}</th>
            <FigureCell label="RTO measured">{measuredAgainst(rto, promised.rto)}</FigureCell>
            <FigureCell label="predicted" soft>
              {figure(predicted.rto)}
            </FigureCell>
            <FigureCell label="promised" soft>
              {figure(promised.rto)}
            </FigureCell>
            <FigureCell label="RPO measured">{measuredAgainst(rpo, promised.rpo)}</FigureCell>
            <FigureCell label="predicted" soft>
              {figure(predicted.rpo)}
            </FigureCell>
            <FigureCell label="promised" soft>
              {figure(promised.rpo)}
            </FigureCell>
            <td data-label="Verdict">
              <Verdict tone={tones[verdict]}>{words[verdict]}</Verdict>
              {underestimated && <span className={table.soft}> exceeds the prediction</span>}
            </td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
