import { Alert, Button } from "@mantine/core";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { type DrillSummary, isRunning, useDrills } from "../../api/drills.js";
import { usePromises } from "../../api/promises.js";
import { ago, dateTime, outcome } from "../../format.js";
import { PlayIcon } from "../../shell/icons.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { FigureCell, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { faultName } from "../promises/verdicts.js";
import { Backups } from "./backups.js";
import { ConfirmDrill } from "./confirm-drill.js";
import { DrillVerdict } from "./drill-verdict.js";
import styles from "./drills-page.module.css";
import { localDrills, type Scenario } from "./scenarios.js";

/** Run a drill, and the results of earlier drills. */
export function DrillsPage() {
  const drills = useDrills();
  return (
    <Page
      title="Drills"
      lead="A drill injects a real fault under steady load, and measures recovery time and data loss."
    >
      <Section title="Run a drill">
        <Scenarios running={drills.data?.drills.find(isRunning)} />
      </Section>
      <Section title="History" flush>
        {drills.isPending && (
          <div className={styles.inner}>
            <Loading rows={4} what="the drills" />
          </div>
        )}
        {drills.isError && !drills.data && (
          <div className={styles.inner}>
            <Failure what="The drills could not be read" error={drills.error} onRetry={() => drills.refetch()} />
          </div>
        )}
        {drills.data?.drills.length === 0 && (
          <div className={styles.inner}>
            <Empty title="No drills yet">
              Until you run one, the promise sheet shows predictions only. Process crash loses no data.
            </Empty>
          </div>
        )}
        {drills.data?.unreadable.map(({ id, why }) => (
          <div key={id} className={styles.inner}>
            <Alert color="yellow" variant="light" title={`The result of drill ${id} cannot be read`}>
              {why}. Its measurements are missing from the promise sheet.
            </Alert>
          </div>
        ))}
        {drills.data && drills.data.drills.length > 0 && <DrillTable drills={drills.data.drills} />}
      </Section>
      <Backups />
    </Page>
  );
}

function Scenarios({ running }: { readonly running: DrillSummary | undefined }) {
  const [search] = useSearchParams();
  const requested = search.get("fault");
  const sheet = usePromises();
  const [selected, setSelected] = useState<Scenario>();
  const affects = (drill: string) =>
    [...new Set(sheet.data?.rows.filter((row) => row.drill === drill).map(({ subject }) => subject))].join(", ");
  return (
    <>
      {requested !== null && !localDrills.some(({ fault }) => fault === requested) && (
        <Alert
          color="yellow"
          variant="light"
          mb="md"
          title={`${faultName(requested)} cannot be drilled on one machine`}
        >
          <code>keelson drill --help</code> lists the faults that can be drilled.
        </Alert>
      )}
      <ul className={styles.scenarios}>
        {localDrills.map((scenario) => (
          <li key={scenario.fault} className={styles.scenario} data-wanted={scenario.fault === requested || undefined}>
            <div>
              <h3 className={styles.name}>{faultName(scenario.fault)}</h3>
              <p className={styles.what}>{scenario.what}</p>
              {affects(scenario.fault) !== "" && <p className={styles.note}>Affects: {affects(scenario.fault)}</p>}
            </div>
            <Button
              variant={scenario.fault === requested ? "filled" : "default"}
              leftSection={<PlayIcon size={15} />}
              disabled={running !== undefined}
              aria-label={`Run the ${scenario.fault} drill`}
              onClick={() => setSelected(scenario)}
            >
              Run
            </Button>
          </li>
        ))}
      </ul>
      {running && (
        <p className={styles.running} role="status">
          {faultName(running.fault)} is running:{" "}
          <Link to={`/drills/${encodeURIComponent(running.id)}`}>show progress</Link>.
        </p>
      )}
      <ConfirmDrill scenario={selected} onClose={() => setSelected(undefined)} />
    </>
  );
}

function DrillTable({ drills }: { readonly drills: readonly DrillSummary[] }) {
  const now = Date.now();
  const sorted = [...drills].sort((a, b) => b.startedAt - a.startedAt);
  return (
    <Table
      columns={[
        "Fault",
        "Subject",
        "When",
        { name: "RTO measured", figure: true },
        { name: "RPO measured", figure: true },
        "Verdict",
      ]}
    >
      {sorted.map((drill) => (
        <tr key={drill.id}>
          <th scope="row">
            <Link to={`/drills/${encodeURIComponent(drill.id)}`}>{faultName(drill.fault)}</Link>
          </th>
          <td data-label="Subject">{drill.subject ?? "–"}</td>
          <td data-label="When" className={table.soft}>
            <span title={dateTime(drill.startedAt)}>{ago(drill.startedAt, now)}</span>
          </td>
          <FigureCell label="RTO measured">{outcome(drill.rto)}</FigureCell>
          <FigureCell label="RPO measured">{outcome(drill.rpo)}</FigureCell>
          <td data-label="Verdict">
            <DrillVerdict drill={drill} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
