import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.js";
import styles from "./states.module.css";

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing is there yet: says why, and what would change that. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className={styles.box}>
      <h3 className={styles.title}>{title}</h3>
      {children && <div className={styles.text}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

interface FailureProps {
  readonly what: string;
  readonly error: Error;
  readonly onRetry?: () => void;
  readonly children?: ReactNode;
}

/** Something could not be read: what, the reason in the platform's own words, the hint, and a way to try again. */
export function Failure({ what, error, onRetry, children }: FailureProps) {
  const api = error instanceof ApiError ? error : undefined;
  return (
    <div className={`${styles.box} ${styles.failure}`} role="alert">
      <h3 className={styles.title}>{what}</h3>
      <p className={styles.text}>
        {error.message}
        {api?.hint !== undefined && <> {api.hint}</>}
      </p>
      {children && <p className={styles.text}>{children}</p>}
      {api && <p className={styles.code}>{api.code}</p>}
      {onRetry && (
        <div className={styles.action}>
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

/** Holds the place of rows that are on their way. */
export function Loading({ rows = 6, what }: { readonly rows?: number; readonly what: string }) {
  return (
    <div className={styles.loading} role="status" aria-label={`Reading ${what}`}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <Skeleton key={row} height={row === 0 ? 20 : 34} width={row === 0 ? "30%" : "100%"} radius="sm" />
      ))}
    </div>
  );
}
