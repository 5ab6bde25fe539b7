import type { ErrorCode } from "../errors/catalogue.js";
import { KeelsonError } from "../errors/keelson-error.js";

/** Work that takes the platform away or breaks it: what one of them measures or restores, another would spoil. */
export interface ExclusiveWork {
  readonly kind: "drill" | "restore";
  /** What is under way, in words, as it stands when somebody asks: `drill 20251121T080100Z-process-crash-1a2b`. */
  what(): string;
}

const RUNNING = {
  drill: "drill/running",
  restore: "restore/running",
} as const satisfies Record<ExclusiveWork["kind"], ErrorCode>;

/** Drills and restores of one platform, of which there is at most one at any moment. */
export class ExclusiveWorks {
  #current: ExclusiveWork | undefined;

  /**
   * Enters the work; what is returned ends it. Throws `drill/running` or `restore/running` when such a one is under way.
   */
  begin(work: ExclusiveWork): () => void {
    const current = this.#current;
    if (current) throw new KeelsonError(RUNNING[current.kind], `${current.what()} is in progress`);
    this.#current = work;
    return () => {
      if (this.#current === work) this.#current = undefined;
    };
  }
}
