import type { ErrorCode } from "../errors/catalogue.js";
import { KeelsonError } from "../errors/keelson-error.js";

/** An operation that makes the platform unavailable: a second one would invalidate the measurement or the restore of the first. */
export interface ExclusiveOperation {
  readonly kind: "drill" | "restore";
  /** The operation as text, evaluated when it is reported: `drill 20251121T080100Z-process-crash-1a2b`. */
  what(): string;
}

const RUNNING = {
  drill: "drill/running",
  restore: "restore/running",
} as const satisfies Record<ExclusiveOperation["kind"], ErrorCode>;

/** Allows at most one drill or restore of a platform at a time. */
export class ExclusiveOperations {
  #current: ExclusiveOperation | undefined;

  /** Starts an operation; the returned function ends it. Throws `drill/running` or `restore/running`. */
  begin(operation: ExclusiveOperation): () => void {
    const current = this.#current;
    if (current) throw new KeelsonError(RUNNING[current.kind], `${current.what()} is in progress`);
    this.#current = operation;
    return () => {
      if (this.#current === operation) this.#current = undefined;
    };
  }
}
