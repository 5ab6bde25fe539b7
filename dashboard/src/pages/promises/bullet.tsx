import type { Cell } from "../../api/promises.js";
import { duration, outcome } from "../../format.js";
import styles from "./bullet.module.css";

/**
 * Promised, predicted and measured on one line: the bar is the prediction, the upright the promise it must not pass, the
 * dot the newest measurement. The figures stand beside it, so it is a picture only.
 */
export function Bullet({ cell }: { readonly cell: Cell }) {
  const { promised, predicted } = cell;
  const measured = cell.measured?.kind === "measured" ? cell.measured.ms : undefined;
  const total = predicted.kind === "bounded" ? predicted.total : undefined;
  const most = Math.max(promised ?? 0, total ?? 0, measured ?? 0);
  const percent = (value: number) => `${most === 0 ? 0 : (value / most) * 88}%`;
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
