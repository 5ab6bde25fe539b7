import { useUnavailable } from "../api/heartbeat.js";
import { timeOfDay } from "../format.js";
import styles from "./away-notice.module.css";

/** Over every page while the platform is away: what is shown is old, and comes to life again by itself. */
export function AwayNotice() {
  const away = useUnavailable();
  return (
    <div role="status" className={styles.place}>
      {away && (
        <p className={styles.notice}>
          <strong>{away.silent ? "The platform does not answer." : "Part of the platform is away."}</strong>{" "}
          {!away.silent && <>{away.message} </>}
          {away.since > 0 && <>What you see is from {timeOfDay(away.since)} or before. </>}
          It is asked again every few seconds, and this page goes on by itself.
        </p>
      )}
    </div>
  );
}
