import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import type { Measured } from "../../api/promises.js";
import { date, duration, outcome } from "../../format.js";
import styles from "./trend.module.css";
import { trendPoints } from "./trend-points.js";

/** The newest drills of a row: measured, with what was promised and predicted then. The picture repeats the table. */
export function Trend({ history }: { readonly history: readonly Measured[] }) {
  return (
    <section className={styles.trend} aria-label="Trend over the drills">
      <p className={styles.heading}>
        Trend{" "}
        <span className={styles.soft}>
          of the newest drills, oldest first: dots are measured, lines promised, dashes predicted
        </span>
      </p>
      <div className={styles.plots}>
        <Plot history={history} of="rto" />
        <Plot history={history} of="rpo" />
      </div>
      <details>
        <summary className={styles.summary}>
          {history.length} {history.length === 1 ? "drill" : "drills"} as a table
        </summary>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Drill</th>
              <th scope="col">RTO</th>
              <th scope="col">then promised, predicted</th>
              <th scope="col">RPO</th>
              <th scope="col">then promised, predicted</th>
            </tr>
          </thead>
          <tbody>
            {history.map((each) => (
              <tr key={each.drill}>
                <th scope="row">
                  <Anchor component={Link} to={`/drills/${encodeURIComponent(each.drill)}`} fz="inherit">
                    {date(each.at)}
                  </Anchor>
                </th>
                <td>{outcome(each.rto)}</td>
                <td>{limits(each, "rto")}</td>
                <td>{outcome(each.rpo)}</td>
                <td>{limits(each, "rpo")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

function limits({ promised, predicted }: Measured, of: "rto" | "rpo"): string {
  const text = (value: number | undefined) => (value === undefined ? "–" : duration(value));
  return `${text(promised?.[of])}, ${text(predicted?.[of])}`;
}

const HEIGHT = 44;
const STEP = 16;
const MARGIN = 6;

/** A dot for each drill, with a line for the promise and a dashed one for the prediction at that time. */
function Plot({ history, of }: { readonly history: readonly Measured[]; readonly of: "rto" | "rpo" }) {
  const points = trendPoints(history, of);
  const width = Math.max(points.length, 2) * STEP;
  const y = (share: number) => HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
  return (
    <figure className={styles.plot} aria-hidden="true">
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="presentation">
        {points.map(({ drill, measured, promised, predicted }, index) => {
          const x = index * STEP;
          const middle = x + STEP / 2;
          return (
            <g key={drill}>
              {promised !== undefined && (
                <line className={styles.promised} x1={x} x2={x + STEP} y1={y(promised)} y2={y(promised)} />
              )}
              {predicted !== undefined && (
                <line className={styles.predicted} x1={x} x2={x + STEP} y1={y(predicted)} y2={y(predicted)} />
              )}
              {typeof measured === "number" && (
                <circle
                  className={promised !== undefined && measured > promised ? styles.over : styles.measured}
                  cx={middle}
                  cy={y(measured)}
                  r={3.5}
                />
              )}
              {measured === "never" && (
                <path
                  className={styles.over}
                  d={`M${middle - 4} ${MARGIN + 2}L${middle} ${MARGIN - 6}L${middle + 4} ${MARGIN + 2}Z`}
                />
              )}
            </g>
          );
        })}
      </svg>
      <figcaption className={styles.soft}>{of.toUpperCase()}</figcaption>
    </figure>
  );
}
