import type { Remedy as RemedyAnswer } from "../../api/promises.js";
import { InlineCode } from "../../shell/inline-code.js";
import { EditLocation } from "../../shell/source-location.js";
import styles from "./reasons.module.css";

/** The fix that `keelson check` reports, with its position. */
export function Remedy({ remedy }: { readonly remedy: RemedyAnswer }) {
  return (
    <p className={styles.fix}>
      <span className={styles.word}>Fix</span> <InlineCode text={remedy.advice} />{" "}
      <span className={styles.place}>
        <EditLocation origin={remedy.at} />
        {remedy.rule !== undefined && <> {remedy.rule}</>}
      </span>
    </p>
  );
}
