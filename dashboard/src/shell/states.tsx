import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.js";
import { ErrorMessage } from "./message.js";
import styles from "./states.module.css";

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** An empty state with an explanation and an action. */
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

/** A failed request: what failed, the error message and hint of the platform, and a retry button. */
export function Failure({ what, error, onRetry, children }: FailureProps) {
  const api = error instanceof ApiError ? error : undefined;
  return (
    <div className={`${styles.box} ${styles.failure}`} role="alert">
      <h3 className={styles.title}>{what}</h3>
      <p className={styles.text}>
        <ErrorMessage error={error} />
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

/** Placeholder rows while data is loading. */
export function Loading({ rows = 6, what }: { readonly rows?: number; readonly what: string }) {
  return (
    <div className={styles.loading} role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are identical and never reordered
        <Skeleton key={row} height={row === 0 ? 20 : 34} width={row === 0 ? "30%" : "100%"} radius="sm" />
      ))}
    </div>
  );
}
