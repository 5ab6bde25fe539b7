import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { type DrillFaultEstimate, useDrillFaults, useRunningDrill } from "../../api/drills.js";
import { usePromises } from "../../api/promises.js";
import { duration } from "../../format.js";
import { PlayIcon } from "../../shell/icons.js";
import { Note } from "../../shell/note.js";
import { Page, Section } from "../../shell/page.js";
import { Failure, Loading } from "../../shell/states.js";
import { useUrlState } from "../../shell/url-state.js";
import { faultName } from "../promises/verdicts.js";
import { ConfirmDrill } from "./confirm-drill.js";
import { DrillHistory } from "./drill-history.js";
import styles from "./drills-page.module.css";
import { descriptions } from "./scenarios.js";

/** Run a drill, and the results of earlier drills. */
export function DrillsPage() {
  return (
    <Page
      title="Drills"
      lead="A drill injects a real fault under steady load, and measures recovery time and data loss."
    >
      <Section title="Run a drill">
        <Scenarios />
      </Section>
      <Section title="History" flush>
        <DrillHistory />
      </Section>
    </Page>
  );
}

function Scenarios() {
  const [search] = useUrlState();
  const requested = search.get("run");
  const faults = useDrillFaults();
  const running = useRunningDrill();
  const rows = usePromises().data?.rows;
  const [selected, setSelected] = useState<DrillFaultEstimate>();
  const affects = (fault: string) =>
    [...new Set(rows?.filter(({ drill }) => drill === fault).map(({ subject }) => subject))].join(", ");
  if (faults.isPending) return <Loading rows={3} what="the faults" />;
  if (!faults.data)
    return <Failure what="The faults could not be read" error={faults.error} onRetry={() => faults.refetch()} />;
  return (
    <>
      {requested !== null && !faults.data.some(({ fault }) => fault === requested) && (
        <div className={styles.notice}>
          <Note tone="unknown" title={`${faultName(requested)} cannot be drilled on this platform`}>
            <code>keelson drill --help</code> lists the faults that can be drilled.
          </Note>
        </div>
      )}
      <ul className={styles.scenarios}>
        {faults.data.map((estimate) => (
          <li key={estimate.fault} className={styles.scenario} data-wanted={estimate.fault === requested || undefined}>
            <div>
              <h3 className={styles.name}>{faultName(estimate.fault)}</h3>
              <p className={styles.what}>{descriptions[estimate.fault] ?? estimate.title}</p>
              {affects(estimate.fault) !== "" && <p className={styles.note}>Affects: {affects(estimate.fault)}</p>}
              <p className={estimate.dataLoss ? styles.danger : styles.note}>
                {estimate.dataLoss
                  ? `Loses up to ${duration(estimate.dataLoss.estimatedSeconds * 1000)} of acknowledged writes.`
                  : "Loses no data."}
              </p>
            </div>
            <Button
              variant="default"
              className={estimate.dataLoss ? styles.run : undefined}
              leftSection={<PlayIcon size={15} />}
              disabled={running !== undefined}
              aria-label={`Run the ${estimate.fault} drill`}
              onClick={() => setSelected(estimate)}
            >
              Run…
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
      <ConfirmDrill estimate={selected} onClose={() => setSelected(undefined)} />
    </>
  );
}
