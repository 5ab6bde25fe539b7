import type { Row } from "../../api/promises.js";
import { reasons } from "./reasons.js";
import styles from "./reasons.module.css";
import { Remedy } from "./remedy.js";

/** Why a promise is not kept, and the fix. */
export function Reasons({ row }: { readonly row: Row }) {
  return (
    <ul className={styles.reasons} aria-label={`Why ${row.subject} is ${row.verdict}`}>
      {reasons(row).map(({ objectives, tone, why, remedy }) => (
        <li key={objectives} className={styles[tone]}>
          <p>
            <span className={styles.word}>{objectives}</span> {why}
          </p>
          {remedy && <Remedy remedy={remedy} />}
        </li>
      ))}
    </ul>
  );
}
