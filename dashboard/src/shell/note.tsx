import type { ReactNode } from "react";
import { ApiError } from "../api/client.js";
import { sentence } from "../format.js";
import { Message } from "./message.js";
import styles from "./note.module.css";

interface NoteProps {
  /** `kept`: succeeded. `unknown`: needs attention. `broken`: failed or destructive. `quiet`: information. */
  readonly tone: "kept" | "unknown" | "broken" | "quiet";
  readonly title?: string;
  /** Announced by screen readers when it appears. */
  readonly alert?: true;
  readonly children?: ReactNode;
}

/** A message within a page or a dialog. */
export function Note({ tone, title, alert, children }: NoteProps) {
  return (
    <div className={`${styles.note} ${styles[tone]}`} {...(alert ? { role: "alert" } : {})}>
      {title !== undefined && <p className={styles.title}>{title}</p>}
      {children}
    </div>
  );
}

/** A failed action: the error message and hint of the platform. */
export function FailureNote({ error }: { readonly error: Error }) {
  return (
    <Note tone="broken" alert title={sentence(error.message)}>
      {error instanceof ApiError && error.hint !== undefined && (
        <p>
          <Message text={error.hint} />
        </p>
      )}
    </Note>
  );
}
