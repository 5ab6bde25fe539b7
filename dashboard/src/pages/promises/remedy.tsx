import type { Remedy as RemedyAnswer } from "../../api/promises.js";
import styles from "./reasons.module.css";
import { EditLocation } from "./source-location.js";

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

/** Text with `code` in backticks. */
function InlineCode({ text }: { readonly text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence are never reordered
      <code key={index}>{part}</code>
    ) : (
      part
    ),
  );
}
