import type { Cell } from "../../api/promises.js";
import { duration, outcome } from "../../format.js";
import styles from "./bullet.module.css";

/**
 * A bullet chart: the bar is the prediction, the vertical line the promise, the dot the newest measurement. The values are
 * in the table next to it, so the chart is hidden from screen readers.
 */
export function Bullet({ cell }: { readonly cell: Cell }) {
  const { promised, predicted } = cell;
  const measured = cell.measured?.kind === "measured" ? cell.measured.ms : undefined;
  const total = predicted.kind === "bounded" ? predicted.total : undefined;
  const maximum = Math.max(promised ?? 0, total ?? 0, measured ?? 0);
  const percent = (value: number) => `${maximum === 0 ? 0 : (value / maximum) * 88}%`;
  const tone = cell.verdict === "broken" ? styles.broken : cell.verdict === "kept" ? styles.kept : styles.open;
  return (
    <div className={`${styles.track} ${tone}`} aria-hidden="true" title={describe(cell)}>
      {total === undefined ? (
        <span className={styles.unbounded} />
      ) : (
        <span className={styles.predicted} style={{ width: percent(total) }} />
      )}
      {promised !== undefined && <span className={styles.promised} style={{ left: percent(promised) }} />}
      {measured !== undefined && <span className={styles.measured} style={{ left: percent(measured) }} />}
    </div>
  );
}

function describe({ promised, measured, predicted }: Cell): string {
  return [
    promised === undefined ? "not promised" : `promised ${duration(promised)}`,
    predicted.kind === "bounded" ? `predicted ${duration(predicted.total)}` : `predicted ${predicted.kind}`,
    measured === undefined ? "never measured" : `measured ${outcome(measured)}`,
  ].join(", ");
}
