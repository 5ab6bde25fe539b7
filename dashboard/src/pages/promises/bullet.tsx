import type { Cell, Row } from "../../api/promises.js";
import { duration, outcome } from "../../format.js";
import styles from "./bullet.module.css";

interface BulletProps {
  readonly cell: Cell;
  /** The value at the end of the bar, in milliseconds. */
  readonly scaleMs: number;
}

/**
 * A bullet chart: the bar is the prediction, the vertical line the promise, the dot the newest measurement, and an arrow at
 * the end a drill after which it never recovered. The values are in the table next to it, so the chart is hidden from screen readers.
 */
export function Bullet({ cell, scaleMs }: BulletProps) {
  const { promised, predicted } = cell;
  const measured = cell.measured?.kind === "measured" ? cell.measured.ms : undefined;
  const total = predicted.kind === "bounded" ? predicted.total : undefined;
  const percent = (value: number) => `${scaleMs === 0 ? 0 : Math.min(100, (value / scaleMs) * 100)}%`;
  const tone = cell.verdict === "broken" ? styles.broken : cell.verdict === "kept" ? styles.kept : styles.open;
  return (
    <div className={`${styles.track} ${tone}`} aria-hidden="true" title={describe(cell)}>
      {total === undefined ? (
        <span className={styles.unbounded} />
      ) : (
        total > 0 && <span className={styles.predicted} style={{ width: percent(total) }} />
      )}
      {promised !== undefined && <span className={styles.promised} style={{ left: percent(promised) }} />}
      {cell.measured?.kind === "never-recovered" && <span className={styles.never} />}
      {measured !== undefined && <span className={styles.measured} style={{ left: percent(measured) }} />}
    </div>
  );
}

/** One scale for all bars of a fault: the largest value, rounded up to one whose half is easy to read. 0: there is no value. */
export function scaleOf(rows: readonly Row[]): number {
  const values = rows
    .flatMap(({ rto, rpo }) => [rto, rpo])
    .flatMap(({ promised, predicted, measured }) => [
      promised ?? 0,
      predicted.kind === "bounded" ? predicted.total : 0,
      measured?.kind === "measured" ? measured.ms : 0,
    ]);
  const largest = Math.max(0, ...values);
  return largest === 0 ? 0 : (STEPS_MS.find((step) => step >= largest) ?? largest);
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const STEPS_MS: readonly number[] = [
  ...[1, 2, 4, 10, 20, 30, 40].map((seconds) => seconds * SECOND_MS),
  ...[1, 1.5, 2, 3, 4, 6, 10, 20, 30, 40].map((minutes) => minutes * MINUTE_MS),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 120, 168].map((hours) => hours * HOUR_MS),
];

/** The scale of the bars of a fault: from 0 to the value at their end; nothing where no bar has a value. */
export function Axis({ scaleMs }: { readonly scaleMs: number }) {
  if (scaleMs === 0) return null;
  return (
    <span className={styles.axis} aria-hidden="true">
      <span>0</span>
      <span>{duration(scaleMs / 2)}</span>
      <span>{duration(scaleMs)}</span>
    </span>
  );
}

function describe({ promised, measured, predicted }: Cell): string {
  return [
    promised === undefined ? "not promised" : `promised ${duration(promised)}`,
    predicted.kind === "bounded" ? `predicted ${duration(predicted.total)}` : `predicted ${predicted.kind}`,
    measured === undefined ? "never measured" : `measured ${outcome(measured)}`,
  ].join(", ");
}
