import { UnstyledButton } from "@mantine/core";
import { Fragment, useId } from "react";
import type { Cell } from "../../api/promises.js";
import { duration } from "../../format.js";
import { ChevronIcon } from "../../shell/icons.js";
import { Verdict } from "../../shell/state-mark.js";
import { When } from "../../shell/when.js";
import { Bullet, scaleOf } from "./bullet.js";
import { Details } from "./details.js";
import { foldRows } from "./fold.js";
import { MemberNames } from "./member-names.js";
import { foldKey, rowKey } from "./open-rows.js";
import styles from "./promise-cards.module.css";
import { Reasons } from "./reasons-list.js";
import type { RowProps, SheetProps } from "./sheet-props.js";
import { byFault, faultName, measuredAgainst, predicted, tones, words } from "./verdicts.js";

/** The sheet on narrow screens: a card for every subject, grouped by fault. */
export function PromiseCards({ rows, open }: SheetProps) {
  return byFault(rows).map(({ fault, title, rows: ofFault }) => (
    <section key={fault} className={styles.fault} aria-label={faultName(fault)}>
      <h2 className={styles.name}>{faultName(fault)}</h2>
      <p className={styles.title}>{title}</p>
      <div className={styles.cards}>
        <FaultCards rows={ofFault} open={open} />
      </div>
    </section>
  ));
}

function FaultCards({ rows, open }: SheetProps) {
  const scaleMs = scaleOf(rows);
  return foldRows(rows).map(({ key, rows: alike }) => {
    const [first] = alike;
    if (!first) return null;
    const opened = alike.length === 1 || open.isOpen(foldKey(key));
    return (
      <Fragment key={key}>
        {alike.length > 1 && (
          <article className={styles.card}>
            <UnstyledButton className={styles.head} aria-expanded={opened} onClick={() => open.toggle(foldKey(key))}>
              <span className={`${styles.chevron} ${opened ? styles.open : ""}`}>
                <ChevronIcon size={16} />
              </span>
              <span className={styles.subject}>{alike.length} components</span>
              <Verdict tone={tones[first.verdict]}>{words[first.verdict]}</Verdict>
            </UnstyledButton>
            <p className={styles.members}>
              <MemberNames rows={alike} />
            </p>
            {!opened && <Objectives row={first} scaleMs={scaleMs} />}
          </article>
        )}
        {opened &&
          alike.map((row) => (
            <Card
              key={row.subject}
              row={row}
              scaleMs={scaleMs}
              open={open.isOpen(rowKey(row))}
              onToggle={() => open.toggle(rowKey(row))}
            />
          ))}
      </Fragment>
    );
  });
}

function Card({ row, scaleMs, open, onToggle }: RowProps) {
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
      <Objectives row={row} scaleMs={scaleMs} />
      <div id={details} hidden={!open} className={styles.details}>
        {open && <Details row={row} />}
      </div>
    </article>
  );
}

function Objectives({ row, scaleMs }: Pick<RowProps, "row" | "scaleMs">) {
  return (
    <>
      <dl className={styles.objectives}>
        <Objective name="RTO" cell={row.rto} scaleMs={scaleMs} />
        <Objective name="RPO" cell={row.rpo} scaleMs={scaleMs} />
      </dl>
      {(row.verdict === "broken" || row.verdict === "unknown") && (
        <div className={styles.reasons}>
          <Reasons row={row} />
        </div>
      )}
    </>
  );
}

interface ObjectiveProps {
  readonly name: string;
  readonly cell: Cell;
  readonly scaleMs: number;
}

function Objective({ name, cell, scaleMs }: ObjectiveProps) {
  const { promised, measured, measuredAt } = cell;
  return (
    <div className={styles.objective}>
      <dt className={styles.objectiveName}>{name}</dt>
      <dd className={styles.figures}>
        <Bullet cell={cell} scaleMs={scaleMs} />
        <span className={styles.line}>
          <span>{promised === undefined ? "not promised" : `promised ${duration(promised)}`}</span>
          <span>predicted {predicted(cell)}</span>
        </span>
        {measured !== undefined && (
          <span className={styles.line}>
            <span>measured {measuredAgainst(measured, promised)}</span>
            {measuredAt !== undefined && <When at={measuredAt} />}
          </span>
        )}
      </dd>
    </div>
  );
}
