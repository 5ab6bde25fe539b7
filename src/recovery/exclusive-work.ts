import { KeelsonError } from "../platform-file/errors.js";

/** Work that takes the platform away or breaks it: what one of them measures or restores, another would spoil. */
export interface ExclusiveWork {
  readonly kind: "drill" | "restore";
  /** What is under way, in words, as it stands when somebody asks: `drill 20251121T080100Z-process-crash-1a2b`. */
  what(): string;
}

const hints: Readonly<Record<ExclusiveWork["kind"], string>> = {
  drill: "one at a time: wait for its end, or cancel it (Ctrl-C where it was started, or the dashboard)",
  restore: "one at a time: wait until the platform answers again (keelson status)",
};

/** Drills and restores of one platform, of which there is at most one at any moment. */
export class ExclusiveWorks {
  #current: ExclusiveWork | undefined;

  /**
   * Enters the work; what is returned ends it. Throws `drill/running` or `restore/running` when such a one is under way.
   */
  begin(work: ExclusiveWork): () => void {
    const current = this.#current;
    if (current)
      throw new KeelsonError(`${current.kind}/running`, `${current.what()} is under way`, {
        hint: hints[current.kind],
      });
    this.#current = work;
    return () => {
      if (this.#current === work) this.#current = undefined;
    };
  }
}
