import type { Remedy as RemedyAnswer } from "../../api/promises.js";
import { PlaceToEdit } from "./place.js";
import styles from "./reckoning.module.css";

/** What to change and where, as `keelson check` says it. */
export function Remedy({ remedy }: { readonly remedy: RemedyAnswer }) {
  return (
    <p className={styles.fix}>
      <span className={styles.word}>Fix</span> <Words text={remedy.advice} />{" "}
      <span className={styles.place}>
        <PlaceToEdit origin={remedy.at} />
        {remedy.rule !== undefined && <> {remedy.rule}</>}
      </span>
    </p>
  );
}

/** What stands between back-ticks is to be typed as it is. */
function Words({ text }: { readonly text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence never move
      <code key={index}>{part}</code>
    ) : (
      part
    ),
  );
}
