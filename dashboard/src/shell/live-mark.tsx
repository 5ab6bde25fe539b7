import { useEffect, useState } from "react";
import { duration, timeOfDay } from "../format.js";
import styles from "./live-mark.module.css";

interface LiveMarkProps {
  /** When the shown data was read, in epoch milliseconds. */
  readonly readAt: number;
  /** The interval at which the page reads data, in milliseconds. */
  readonly intervalMs: number;
}

/** Missed readings after which data is reported as old. */
const MISSED_READINGS = 2;
const MIN_STALE_AFTER_MS = 2_500;

/** Whether the data of a page is current, and otherwise its age: reading is retried while the platform is unavailable. */
export function LiveMark({ readAt, intervalMs }: LiveMarkProps) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const age = Math.max(0, now - readAt);
  const stale = age > Math.max(MIN_STALE_AFTER_MS, intervalMs * (MISSED_READINGS + 1));
  return (
    <span className={styles.live} data-stale={stale || undefined}>
      {stale
        ? `no data since ${timeOfDay(readAt)} (${duration(Math.floor(age / 1000) * 1000)} ago), retrying`
        : `live, updated ${timeOfDay(readAt)}`}
    </span>
  );
}
