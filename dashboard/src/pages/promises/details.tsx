import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import type { Cell, Row, Runbook, TermOrigin } from "../../api/promises.js";
import { ago, duration } from "../../format.js";
import { SourceLocation } from "../../shell/source-location.js";
import styles from "./details.module.css";
import { MeasuredTerm } from "./measured-term.js";
import { Trend } from "./trend.js";

/** The terms of each prediction with their sources, and the alert, runbook and drill of the fault. */
export function Details({ row }: { readonly row: Row }) {
  return (
    <div className={styles.details}>
      <Terms name="RTO" meaning="until recovered" cell={row.rto} />
      <Terms name="RPO" meaning="of acknowledged data lost" cell={row.rpo} />
      {row.history !== undefined && <Trend history={row.history} />}
      <section className={styles.answers} aria-label="Alert, runbook and drill">
        <dl className={styles.list}>
          <dt>Alert</dt>
          <dd>
            {row.alert.name} <span className={styles.soft}>({row.alert.severity})</span>
            <span className={styles.note}>{row.alert.summary}</span>
          </dd>
          <dt>Runbook</dt>
          <dd>
            <RunbookSteps runbook={row.runbook} />
          </dd>
          <dt>Drill</dt>
          <dd>
            {row.drill === undefined ? (
              <span className={styles.soft}>none: this fault is predicted only</span>
            ) : (
              <Anchor component={Link} to={`/drills?run=${encodeURIComponent(row.drill)}`} fz="inherit">
                Run the {row.drill} drill
              </Anchor>
            )}
          </dd>
        </dl>
      </section>
    </div>
  );
}

function RunbookSteps({ runbook }: { readonly runbook: Runbook }) {
  return (
    <details>
      <summary className={styles.summary}>{runbook.title}</summary>
      <p className={styles.note}>When {runbook.when}.</p>
      <ol className={styles.steps}>
        {runbook.steps.map(({ action, command }) => (
          <li key={action}>
            {action}
            {command !== undefined && <code className={styles.command}>{command}</code>}
          </li>
        ))}
      </ol>
      <p className={styles.note}>Done when {runbook.done}.</p>
    </details>
  );
}

interface TermsProps {
  readonly name: string;
  readonly meaning: string;
  readonly cell: Cell;
}

function Terms({ name, meaning, cell }: TermsProps) {
  const { predicted, promised, promisedAt } = cell;
  return (
    <section className={styles.terms} aria-label={`${name} in detail`}>
      <p className={styles.heading}>
        {name} <span className={styles.soft}>{meaning}, worst case</span>
      </p>
      {predicted.kind === "bounded" ? (
        <ul className={styles.sum}>
          {predicted.terms.map((term) => (
            <li key={term.name} className={styles.term}>
              <span className={styles.value}>{duration(term.value)}</span>
              <span>
                {term.name}
                {term.how !== undefined && <span className={styles.soft}> · {term.how}</span>}
                <span className={styles.note}>
                  <Source origin={term.origin} />
                </span>
                <MeasuredTerm term={term} />
              </span>
            </li>
          ))}
          <li className={`${styles.term} ${styles.total}`}>
            <span className={styles.value}>{duration(predicted.total)}</span>
            <span>predicted</span>
          </li>
        </ul>
      ) : (
        <div className={styles.open}>
          <p>
            {predicted.kind === "unbounded" ? "Unbounded" : "Unknown"}: {predicted.why}.
          </p>
          {predicted.origin && (
            <p className={styles.note}>
              <SourceLocation origin={predicted.origin} />
            </p>
          )}
        </div>
      )}
      {cell.underestimated && <p className={styles.promise}>The newest drill exceeded this prediction.</p>}
      <p className={styles.promise}>
        {promised === undefined ? (
          "Not promised."
        ) : (
          <>
            Promised: {duration(promised)}
            {promisedAt && (
              <>
                , <SourceLocation origin={promisedAt} />
              </>
            )}
          </>
        )}
      </p>
    </section>
  );
}

function Source({ origin }: { readonly origin: TermOrigin }) {
  switch (origin.kind) {
    case "citation":
      return origin.read === undefined ? origin.source : `${origin.source}, read ${origin.read}`;
    case "assumption":
      return `assumed: ${origin.why}`;
    case "verification":
      return `measured by the verification of backup ${origin.backup} ${ago(origin.at, Date.now())}`;
    case "ledger":
      return `measured: ${origin.requests} requests`;
    case "measurement":
      return (
        <>
          measured by{" "}
          <Anchor component={Link} to={`/drills/${encodeURIComponent(origin.drill)}`} fz="inherit">
            a drill
          </Anchor>{" "}
          {ago(origin.at, Date.now())}
        </>
      );
    default:
      return <SourceLocation origin={origin} />;
  }
}
