import { Button, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "react-router";
import { type Sheet, usePromises, type Verdict } from "../../api/promises.js";
import { Page } from "../../shell/page.js";
import { Verdict as VerdictMark } from "../../shell/state-mark.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { useUrlState } from "../../shell/url-state.js";
import { AvailabilityTable } from "./availability-table.js";
import { LatencyTable } from "./latency-table.js";
import { NotKept } from "./not-kept.js";
import { useOpenRows } from "./open-rows.js";
import { PromiseCards } from "./promise-cards.js";
import { PromiseTable } from "./promise-table.js";
import styles from "./promises-page.module.css";
import { anyMeasured, countByVerdict, summary, tones, verdicts, words } from "./verdicts.js";

/** The promise sheet: for every fault and subject what is promised, predicted and measured, and the verdict. */
export function PromisesPage() {
  const sheet = usePromises();
  return (
    <Page
      title="Promises"
      lead={
        sheet.data ? (
          <>
            {summary(sheet.data)} {!anyMeasured(sheet.data) && <Link to="/drills">Run a drill</Link>}
          </>
        ) : (
          "Promised, predicted and measured recovery for every fault."
        )
      }
    >
      {sheet.isPending && <Loading rows={9} what="the promise sheet" />}
      {sheet.isError && !sheet.data && (
        <Failure what="The promise sheet could not be read" error={sheet.error} onRetry={() => sheet.refetch()} />
      )}
      {sheet.data && <SheetView sheet={sheet.data} />}
    </Page>
  );
}

function isVerdict(text: string | null): text is Verdict {
  return verdicts.some((verdict) => verdict === text);
}

/** Below this width the table of the sheet is shown as cards; the navigation takes a part of the window. */
const NARROW = "(max-width: 60em)";

function SheetView({ sheet }: { readonly sheet: Sheet }) {
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const [parameters, setParameters] = useUrlState();
  const requested = parameters.get("verdict");
  const open = useOpenRows();
  const only = isVerdict(requested) ? requested : undefined;
  const subject = parameters.get("subject");
  const kind = parameters.get("kind");
  const matches =
    (kindOf: string) =>
    (row: { readonly verdict: Verdict; readonly subject: string }): boolean =>
      (only === undefined || row.verdict === only) &&
      (subject === null || row.subject === subject) &&
      (kind === null || kindOf === kind);
  const rows = sheet.rows.filter((row) => matches(row.fault)(row));
  const availability = sheet.availability.filter(matches("availability"));
  const latency = sheet.latency.filter(matches("latency"));

  if (sheet.rows.length === 0)
    return <Empty title="The promise sheet is empty">Add a service, a model or a store to the platform file.</Empty>;
  return (
    <>
      <Filter
        promises={[...sheet.rows, ...sheet.availability, ...sheet.latency]}
        only={only}
        onChange={(verdict) => setParameters({ verdict })}
      />
      <NotKept sheet={sheet} selected={kind} onChange={(wanted) => setParameters({ kind: wanted })} />
      {subject !== null && (
        <p className={styles.subject}>
          Promises of <strong>{subject}</strong> only.{" "}
          <UnstyledButton className={styles.all} onClick={() => setParameters({ subject: undefined })}>
            Show all
          </UnstyledButton>
        </p>
      )}
      {rows.length === 0 && availability.length === 0 && latency.length === 0 && (
        <Empty
          title={`No promise is ${only ? words[only] : "listed"}`}
          action={
            <Button
              variant="default"
              onClick={() => setParameters({ verdict: undefined, kind: undefined, subject: undefined })}
            >
              Show all promises
            </Button>
          }
        />
      )}
      {rows.length > 0 &&
        (narrow ? <PromiseCards rows={rows} open={open} /> : <PromiseTable rows={rows} open={open} />)}
      {availability.length > 0 && <AvailabilityTable rows={availability} />}
      {latency.length > 0 && <LatencyTable rows={latency} loads={sheet.loads} />}
    </>
  );
}

interface FilterProps {
  readonly promises: readonly { readonly verdict: Verdict }[];
  readonly only: Verdict | undefined;
  readonly onChange: (verdict: Verdict | undefined) => void;
}

function Filter({ promises, only, onChange }: FilterProps) {
  const counts = countByVerdict(promises);
  return (
    <fieldset className={styles.filter}>
      <legend className="visually-hidden">Show by verdict</legend>
      {verdicts
        .filter((verdict) => counts.has(verdict) || verdict === only)
        .map((verdict) => (
          <UnstyledButton
            key={verdict}
            className={styles.choice}
            aria-pressed={only === verdict}
            onClick={() => onChange(only === verdict ? undefined : verdict)}
          >
            <span className={styles.count}>{counts.get(verdict) ?? 0}</span>
            <VerdictMark tone={tones[verdict]}>{words[verdict]}</VerdictMark>
          </UnstyledButton>
        ))}
    </fieldset>
  );
}
