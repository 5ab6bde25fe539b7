import { UnstyledButton } from "@mantine/core";
import { useId } from "react";
import type { Cell } from "../../api/promises.js";
import { ago, duration } from "../../format.js";
import { ChevronIcon } from "../../shell/icons.js";
import { Verdict } from "../../shell/state-mark.js";
import { Bullet } from "./bullet.js";
import { Details } from "./details.js";
import styles from "./promise-cards.module.css";
import { Reasons } from "./reasons-list.js";
import type { RowProps, SheetProps } from "./sheet-props.js";
import { byFault, faultName, measuredAgainst, predicted, tones, words } from "./verdicts.js";

/** The sheet on narrow screens: a card for every subject, grouped by fault. */
export function PromiseCards({ rows, open }: SheetProps) {
  return byFault(rows).map(({ fault, title, rows: subjects }) => (
    <section key={fault} className={styles.fault} aria-label={faultName(fault)}>
      <h2 className={styles.name}>{faultName(fault)}</h2>
      <p className={styles.title}>{title}</p>
      <div className={styles.cards}>
        {subjects.map((row) => (
          <Card key={row.subject} row={row} open={open.isOpen(row)} onToggle={() => open.toggle(row)} />
        ))}
      </div>
    </section>
  ));
}

function Card({ row, open, onToggle }: RowProps) {
  const details = useId();
  return (
    <article className={styles.card}>
      <UnstyledButton className={styles.head} aria-expanded={open} aria-controls={details} onClick={onToggle}>
        <span className={`${styles.chevron} ${open ? styles.open : ""}`}>
          <ChevronIcon size={16} />
        </span>
        <span className={styles.subject}>{row.subject}</span>
        <Verdict tone={tones[row.verdict]}>{words[row.verdict]}</Verdict>
      </UnstyledButton>
      <dl className={styles.objectives}>
        <Objective name="RTO" cell={row.rto} />
        <Objective name="RPO" cell={row.rpo} />
      </dl>
      {(row.verdict === "broken" || row.verdict === "unknown") && (
        <div className={styles.reasons}>
          <Reasons row={row} />
        </div>
      )}
      <div id={details} hidden={!open} className={styles.details}>
        {open && <Details row={row} />}
      </div>
    </article>
  );
}

function Objective({ name, cell }: { readonly name: string; readonly cell: Cell }) {
  const { promised, measured, measuredAt } = cell;
  return (
    <div className={styles.objective}>
      <dt className={styles.objectiveName}>{name}</dt>
      <dd className={styles.figures}>
        <Bullet cell={cell} />
        <span className={styles.line}>
          <span>{promised === undefined ? "not promised" : `promised ${duration(promised)}`}</span>
          <span>predicted {predicted(cell)}</span>
        </span>
        {measured !== undefined && (
          <span className={styles.line}>
            <span>measured {measuredAgainst(measured, promised)}</span>
            <span>{measuredAt === undefined ? "" : ago(measuredAt, Date.now())}</span>
          </span>
        )}
      </dd>
    </div>
  );
}
