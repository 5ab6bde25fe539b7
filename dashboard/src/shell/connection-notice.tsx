import { useUnavailable } from "../api/heartbeat.js";
import { timeOfDay } from "../format.js";
import styles from "./connection-notice.module.css";

/** Above every page while the platform is unreachable: the data is outdated until a retry succeeds. */
export function ConnectionNotice() {
  const unavailable = useUnavailable();
  return (
    <div role="status" className={styles.place}>
      {unavailable && (
        <p className={styles.notice}>
          <strong>{unavailable.silent ? "Platform unreachable." : "Part of the platform is unavailable."}</strong>{" "}
          {!unavailable.silent && <>{sentence(unavailable.message)} </>}
          {unavailable.since > 0 && <>Showing data from {timeOfDay(unavailable.since)}. </>}
          Retrying.
        </p>
      )}
    </div>
  );
}

/** Ends a message with a full stop. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
