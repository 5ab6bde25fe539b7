import { UnstyledButton } from "@mantine/core";
import { Fragment, useId } from "react";
import type { Cell, Row } from "../../api/promises.js";
import { duration } from "../../format.js";
import { ChevronIcon } from "../../shell/icons.js";
import { Verdict } from "../../shell/state-mark.js";
import { Name } from "../../shell/table.js";
import { When } from "../../shell/when.js";
import { Axis, Bullet, scaleOf } from "./bullet.js";
import { Details } from "./details.js";
import { foldRows } from "./fold.js";
import { MemberNames } from "./member-names.js";
import { foldKey, rowKey } from "./open-rows.js";
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
      {byFault(rows).map(({ fault, title, rows: ofFault }) => (
        <Fault key={fault} fault={fault} title={title} rows={ofFault} open={open} />
      ))}
    </table>
  );
}

function Fault({ fault, title, rows, open }: SheetProps & { readonly fault: string; readonly title: string }) {
  const scaleMs = scaleOf(rows);
  return (
    <>
      <tbody>
        <tr className={styles.fault}>
          <th colSpan={6} scope="rowgroup">
            {faultName(fault)} <span className={styles.title}>{title}</span>
          </th>
          <td>
            <Axis scaleMs={scaleMs} />
          </td>
          <td />
        </tr>
      </tbody>
      {foldRows(rows).map(({ key, rows: alike }) => {
        const [first] = alike;
        if (!first) return null;
        const opened = alike.length === 1 || open.isOpen(foldKey(key));
        return (
          <Fragment key={key}>
            {alike.length > 1 && (
              <Folded
                rows={alike}
                first={first}
                scaleMs={scaleMs}
                opened={opened}
                onToggle={() => open.toggle(foldKey(key))}
              />
            )}
            {opened &&
              alike.map((row) => (
                <Subject
                  key={row.subject}
                  row={row}
                  scaleMs={scaleMs}
                  open={open.isOpen(rowKey(row))}
                  onToggle={() => open.toggle(rowKey(row))}
                />
              ))}
          </Fragment>
        );
      })}
    </>
  );
}

interface FoldedProps {
  readonly rows: readonly Row[];
  readonly first: Row;
  readonly scaleMs: number;
  readonly opened: boolean;
  readonly onToggle: () => void;
}

/** Several components for which all figures agree, as one row. */
function Folded({ rows, first, scaleMs, opened, onToggle }: FoldedProps) {
  return (
    <tbody className={styles.subject}>
      <tr>
        <th rowSpan={2} scope="rowgroup" className={styles.name}>
          <UnstyledButton className={styles.expand} aria-expanded={opened} onClick={onToggle}>
            <span className={`${styles.chevron} ${opened ? styles.open : ""}`}>
              <ChevronIcon size={14} />
            </span>
            {rows.length} components
          </UnstyledButton>
          <span className={styles.members}>
            <MemberNames rows={rows} />
          </span>
        </th>
        <Objective name="RTO" cell={first.rto} scaleMs={scaleMs} />
      </tr>
      <tr>
        <Objective name="RPO" cell={first.rpo} scaleMs={scaleMs} />
      </tr>
      {!opened && (first.verdict === "broken" || first.verdict === "unknown") && (
        <tr>
          <td colSpan={8} className={styles.reasons}>
            <Reasons row={first} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Subject({ row, scaleMs, open, onToggle }: RowProps) {
  const details = useId();
  return (
    <tbody className={styles.subject}>
      <tr>
        <th rowSpan={2} scope="rowgroup" className={styles.name}>
          <UnstyledButton className={styles.expand} aria-expanded={open} aria-controls={details} onClick={onToggle}>
            <span className={`${styles.chevron} ${open ? styles.open : ""}`}>
              <ChevronIcon size={14} />
            </span>
            <Name>{row.subject}</Name>
          </UnstyledButton>
        </th>
        <Objective name="RTO" cell={row.rto} scaleMs={scaleMs} />
      </tr>
      <tr>
        <Objective name="RPO" cell={row.rpo} scaleMs={scaleMs} />
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

interface ObjectiveProps {
  readonly name: string;
  readonly cell: Cell;
  readonly scaleMs: number;
}

function Objective({ name, cell, scaleMs }: ObjectiveProps) {
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
        <Bullet cell={cell} scaleMs={scaleMs} />
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
