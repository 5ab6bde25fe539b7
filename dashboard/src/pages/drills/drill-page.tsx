import { Button } from "@mantine/core";
import { Link, useParams } from "react-router";
import { type Series, sum } from "../../../../src/contracts/drill-rates.js";
import {
  DRILL_INTERVAL_MS,
  type DrillResult,
  isRunning,
  type Outcome,
  reportAddress,
  useCancelDrill,
  useDrill,
} from "../../api/drills.js";
import { openReport, save } from "../../api/save.js";
import { count, duration, outcome } from "../../format.js";
import { styleNonce } from "../../nonce.js";
import { DownloadIcon, OpenIcon } from "../../shell/icons.js";
import { LiveMark } from "../../shell/live-mark.js";
import { Page, Section } from "../../shell/page.js";
import { Failure, Loading } from "../../shell/states.js";
import { When } from "../../shell/when.js";
import { faultName } from "../promises/verdicts.js";
import { BySubject } from "./by-subject.js";
import styles from "./drill-page.module.css";
import { DrillPlot } from "./drill-plot.js";
import { DrillVerdict } from "./drill-verdict.js";
import { RecoverySteps } from "./recovery-steps.js";
import { reportFrame } from "./report-frame.js";

/** One drill: live data while it runs, then its results and its report. */
export function DrillPage() {
  const { id = "" } = useParams();
  const drill = useDrill(id);
  const title = drill.data ? `${faultName(drill.data.fault)} drill` : "Drill";
  return (
    <Page
      title={title}
      lead={
        <>
          <Link to="/drills">All drills</Link>
          {drill.data && (
            <>
              {" · "}
              started <When at={drill.data.startedAt} />
              {drill.data.finishedAt !== undefined &&
                `, took ${duration(drill.data.finishedAt - drill.data.startedAt)}`}
            </>
          )}
        </>
      }
      actions={
        drill.data &&
        (isRunning(drill.data) ? (
          <CancelButton id={id} />
        ) : (
          <>
            <Button
              variant="default"
              onClick={() => openReport(reportAddress(id, "html"), (html) => reportFrame(html, styleNonce()))}
              leftSection={<OpenIcon size={16} />}
            >
              Open report
            </Button>
            <Button
              variant="default"
              onClick={() => save(reportAddress(id, "md"), `drill-${id}.md`)}
              leftSection={<DownloadIcon size={16} />}
            >
              Markdown
            </Button>
          </>
        ))
      }
    >
      {drill.isPending && <Loading rows={6} what="the drill" />}
      {drill.isError && !drill.data && (
        <Failure what="This drill could not be read" error={drill.error} onRetry={() => drill.refetch()} />
      )}
      {drill.data && <View drill={drill.data} readAt={drill.dataUpdatedAt} />}
    </Page>
  );
}

interface ViewProps {
  readonly drill: DrillResult;
  /** Epoch milliseconds. */
  readonly readAt: number;
}

function View({ drill, readAt }: ViewProps) {
  const running = isRunning(drill);
  return (
    <>
      <Figures drill={drill} />
      {drill.reason && (
        <p className={styles.reason} data-quiet={drill.state === "cancelled" || undefined}>
          {drill.reason}
        </p>
      )}
      {drill.findings.map(({ what, why }) => (
        <p key={what} className={styles.reason}>
          {what}: {why}
        </p>
      ))}
      <Section
        title="Load"
        aside={
          running ? (
            <LiveMark readAt={readAt} intervalMs={DRILL_INTERVAL_MS} />
          ) : (
            <span>per second, measured by the drill's client</span>
          )
        }
      >
        {drill.series.length === 0 ? (
          <p className={styles.soft}>
            {running ? "Waiting for the first second of load …" : "This drill puts no load on the platform."}
          </p>
        ) : (
          <div className={styles.plots}>
            <DrillPlot drill={drill} of="series" />
            {drill.writes.length > 0 && <DrillPlot drill={drill} of="writes" />}
          </div>
        )}
        {drill.events.length > 0 && (
          <ol className={styles.events} aria-label="Events" aria-live={running ? "polite" : "off"}>
            {drill.events.map(({ t, what }, index) => (
              <li key={`${t} ${what}`}>
                <span className={styles.number}>{index + 1}</span>
                <span className={styles.time}>{(t / 1000).toFixed(1)}s</span>
                {what}
              </li>
            ))}
          </ol>
        )}
      </Section>
      {drill.measurements.length > 0 && <BySubject measurements={drill.measurements} />}
      {drill.terms.length > 0 && <RecoverySteps drill={drill} />}
    </>
  );
}

function Figures({ drill }: { readonly drill: DrillResult }) {
  return (
    <dl className={styles.figures}>
      <div>
        <dt>Verdict</dt>
        <dd>
          <DrillVerdict drill={drill} />
        </dd>
      </div>
      <Objective name="RTO" measured={drill.rto} promised={drill.promised?.rto} predicted={drill.predicted?.rto} />
      <Objective name="RPO" measured={drill.rpo} promised={drill.promised?.rpo} predicted={drill.predicted?.rpo} />
      {drill.acknowledged > 0 && (
        <div>
          <dt>Acknowledged</dt>
          <dd>{count(drill.acknowledged)}</dd>
          <dd className={styles.against}>{lossText(drill)}</dd>
        </div>
      )}
      <Load name="Chat requests" series={drill.series} />
      <Load name="Writes" series={drill.writes} />
    </dl>
  );
}

/** The number of lost writes is available only after the drill has verified every acknowledged write. */
function lossText({ state, lost }: Pick<DrillResult, "state" | "lost">): string {
  if (state !== "finished") return state === "running" ? "verified at the end" : "not verified";
  return lost > 0 ? `${count(lost)} lost` : "none lost";
}

function Load({ name, series }: { readonly name: string; readonly series: Series }) {
  const failed = sum(series, "failed");
  const all = sum(series, "ok") + failed;
  if (all === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{count(all)}</dd>
      <dd className={styles.against}>{failed > 0 ? `${count(failed)} failed` : "none failed"}</dd>
    </div>
  );
}

interface ObjectiveProps {
  readonly name: string;
  readonly measured: Outcome | undefined;
  readonly promised: number | undefined;
  readonly predicted: number | undefined;
}

function Objective({ name, measured, promised, predicted }: ObjectiveProps) {
  const text = (what: string, value: number | undefined) =>
    value === undefined ? undefined : `${what} ${duration(value)}`;
  const against = [text("promised", promised), text("predicted", predicted)].filter((part) => part !== undefined);
  return (
    <div>
      <dt>{name} measured</dt>
      <dd>{outcome(measured)}</dd>
      {against.map((part) => (
        <dd key={part} className={styles.against}>
          {part}
        </dd>
      ))}
    </div>
  );
}

function CancelButton({ id }: { readonly id: string }) {
  const cancel = useCancelDrill();
  return (
    <Button variant="default" loading={cancel.isPending || cancel.isSuccess} onClick={() => cancel.mutate(id)}>
      Cancel drill
    </Button>
  );
}
