import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import type { Term } from "../../api/promises.js";
import { bytes, duration } from "../../format.js";
import styles from "./measured-term.module.css";

/**
 * What a drill measured of one term, held against its estimate: two bars on one scale, of which the longer one fills the width. Nothing
 * for a term that no drill has measured.
 */
export function MeasuredTerm({ term }: { readonly term: Term }) {
  const { measured, estimate = term.value } = term;
  if (measured === undefined) return null;
  const longer = Math.max(measured.value, estimate, 1);
  const width = (value: number) => ({ width: `${(value / longer) * 100}%` });
  const on = measured.bytes === undefined ? "" : ` on ${bytes(measured.bytes)}`;
  return (
    <span className={styles.held}>
      <span className={styles.bars} aria-hidden="true">
        <i className={styles.estimate} style={width(estimate)} />
        <i className={measured.value > estimate ? styles.over : styles.measured} style={width(measured.value)} />
      </span>
      <span>
        estimated {duration(estimate)},{" "}
        <Anchor component={Link} to={`/drills/${encodeURIComponent(measured.drill)}`} fz="inherit">
          measured {duration(measured.value)}
        </Anchor>
        {on}
      </span>
    </span>
  );
}
