import { UnstyledButton } from "@mantine/core";
import { Fragment, useId } from "react";
import type { Cell } from "../../api/promises.js";
import { duration } from "../../format.js";
import { ChevronIcon } from "../../shell/icons.js";
import { Verdict } from "../../shell/state-mark.js";
import { When } from "../../shell/when.js";
import { Bullet } from "./bullet.js";
import { Details } from "./details.js";
import styles from "./promise-table.module.css";
import { Reasons } from "./reasons-list.js";
import type { RowProps, SheetProps } from "./sheet-props.js";
import { byFault, faultName, measuredAgainst, predicted, tones, words } from "./verdicts.js";

/** The sheet as a table: grouped by fault, with one line for RTO and one for RPO of each subject. */
export function PromiseTable({ rows, open }: SheetProps) {
  return (
    <table className={styles.sheet}>
      <caption className="visually-hidden">
        Promised, predicted and measured RTO and RPO with the verdict, by fault and subject
      </caption>
      <thead>
        <tr>
          <th scope="col">Fault and subject</th>
          <th scope="col">
            <span className="visually-hidden">Objective</span>
          </th>
          <th scope="col" className={styles.figure}>
            Promised
          </th>
          <th scope="col" className={styles.figure}>
            Predicted
          </th>
          <th scope="col" className={styles.figure}>
            Measured
          </th>
          <th scope="col">When</th>
          <th scope="col" className={styles.picture}>
            <span className="visually-hidden">Chart</span>
            <span className={styles.key} aria-hidden="true">
              <i className={styles.keyBar} /> predicted <i className={styles.keyLine} /> promised{" "}
              <i className={styles.keyDot} /> measured
            </span>
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      {byFault(rows).map(({ fault, title, rows: subjects }) => (
        <Fragment key={fault}>
          <tbody>
            <tr className={styles.fault}>
              <th colSpan={8} scope="rowgroup">
                {faultName(fault)} <span className={styles.title}>{title}</span>
              </th>
            </tr>
          </tbody>
          {subjects.map((row) => (
            <Subject key={row.subject} row={row} open={open.isOpen(row)} onToggle={() => open.toggle(row)} />
          ))}
        </Fragment>
      ))}
    </table>
  );
}

function Subject({ row, open, onToggle }: RowProps) {
  const details = useId();
  return (
    <tbody className={styles.subject}>
      <tr>
        <th rowSpan={2} scope="rowgroup" className={styles.name}>
          <UnstyledButton className={styles.expand} aria-expanded={open} aria-controls={details} onClick={onToggle}>
            <span className={`${styles.chevron} ${open ? styles.open : ""}`}>
              <ChevronIcon size={14} />
            </span>
            {row.subject}
          </UnstyledButton>
        </th>
        <Objective name="RTO" cell={row.rto} />
      </tr>
      <tr>
        <Objective name="RPO" cell={row.rpo} />
      </tr>
      {(row.verdict === "broken" || row.verdict === "unknown") && (
        <tr>
          <td colSpan={8} className={styles.reasons}>
            <Reasons row={row} />
          </td>
        </tr>
      )}
      <tr id={details} hidden={!open}>
        <td colSpan={8} className={styles.details}>
          {open && <Details row={row} />}
        </td>
      </tr>
    </tbody>
  );
}

function Objective({ name, cell }: { readonly name: string; readonly cell: Cell }) {
  const { promised, measured, measuredAt } = cell;
  return (
    <>
      <th scope="row" className={styles.objective}>
        {name}
      </th>
      <td className={styles.figure}>{promised === undefined ? <None what="not promised" /> : duration(promised)}</td>
      <td className={`${styles.figure} ${cell.predicted.kind === "unbounded" ? styles.unbounded : ""}`}>
        {predicted(cell)}
      </td>
      <td className={styles.figure}>
        {measured === undefined ? <None what="not measured" /> : measuredAgainst(measured, promised)}
      </td>
      <td className={styles.when}>{measuredAt === undefined ? <None what="no drill" /> : <When at={measuredAt} />}</td>
      <td>
        <Bullet cell={cell} />
      </td>
      <td>
        <Verdict tone={tones[cell.verdict]}>{words[cell.verdict]}</Verdict>
      </td>
    </>
  );
}

function None({ what }: { readonly what: string }) {
  return (
    <span className={styles.none}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">{what}</span>
    </span>
  );
}
