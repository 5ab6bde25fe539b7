import { Button } from "@mantine/core";
import { count, plural as counted } from "../format.js";
import styles from "./pager.module.css";

interface PagerProps {
  /** What a row is: `key`. */
  readonly of: string;
  readonly plural?: string;
  /** Number of the first shown row, from 1. */
  readonly first: number;
  /** Shown rows. */
  readonly shown: number;
  /** Undefined: not counted. */
  readonly total: number | undefined;
  /** Undefined: there is no such page. */
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

/** Which rows of a list are shown, and the way to the others: `1–50 of 2,000 keys`, or `12 keys`. */
export function Pager({ of, plural = `${of}s`, first, shown, total, onPrevious, onNext }: PagerProps) {
  const named = (number: number): string => counted(number, of, plural);
  const range = `${count(first)}–${count(first + shown - 1)}`;
  const whole = onPrevious === undefined && onNext === undefined;
  return (
    <div className={styles.pager}>
      <span role="status">
        {whole ? named(shown) : total === undefined ? `${plural} ${range}` : `${range} of ${named(total)}`}
      </span>
      {!whole && (
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
