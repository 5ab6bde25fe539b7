import { Button } from "@mantine/core";
import { count, plural } from "../format.js";
import styles from "./pager.module.css";

interface PagerProps {
  /** What a row is: `key`. */
  readonly of: string;
  /** Number of the first shown row, from 1. */
  readonly first: number;
  /** Shown rows. */
  readonly shown: number;
  readonly total: number;
  /** Undefined: there is no such page. */
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

/** Which rows of a list are shown, and the way to the others: `1–50 of 2,000 keys`, or `12 keys`. */
export function Pager({ of, first, shown, total, onPrevious, onNext }: PagerProps) {
  return (
    <div className={styles.pager}>
      <span role="status">
        {shown < total ? `${count(first)}–${count(first + shown - 1)} of ${plural(total, of)}` : plural(total, of)}
      </span>
      {(onPrevious || onNext) && (
        <span className={styles.buttons}>
          <Button size="compact-sm" variant="default" disabled={!onPrevious} onClick={onPrevious}>
            Previous
          </Button>
          <Button size="compact-sm" variant="default" disabled={!onNext} onClick={onNext}>
            Next
          </Button>
        </span>
      )}
    </div>
  );
}
