import { useUnavailable } from "../api/heartbeat.js";
import { timeOfDay } from "../format.js";
import styles from "./connection-notice.module.css";
import { Message } from "./message.js";

/** Above every page while the platform is unreachable: the data is outdated until a retry succeeds. */
export function ConnectionNotice() {
  const unavailable = useUnavailable();
  return (
    <div role="status" className={styles.place}>
      {unavailable && (
        <p className={styles.notice}>
          <strong>{unavailable.silent ? "Platform unreachable." : "Part of the platform is unavailable."}</strong>{" "}
          {!unavailable.silent && (
            <>
              <Message text={unavailable.message} />{" "}
            </>
          )}
          {unavailable.since > 0 && <>Showing data from {timeOfDay(unavailable.since)}. </>}
          Retrying.
        </p>
      )}
    </div>
  );
}
