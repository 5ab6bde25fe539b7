import type { RequestedWork } from "../../contracts/backups.js";
import { messageOf } from "../../errors/thrown.js";
import type { Backup } from "../backup/catalogue.js";

/** Remembers the last backup or verification that was requested, and its outcome, for clients that do not wait for it. */
export class RequestedWorkRecorder {
  readonly #now: () => number;
  #last: RequestedWork | undefined;

  /** `now` returns epoch milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined: none was requested yet. */
  get last(): RequestedWork | undefined {
    return this.#last;
  }

  /** Performs the work; it counts as running from the call on. */
  async during(request: Pick<RequestedWork, "kind" | "backup">, perform: () => Promise<Backup>): Promise<Backup> {
    const running: RequestedWork = { ...request, startedAt: this.#now(), state: "running" };
    this.#last = running;
    const finish = (outcome: Partial<RequestedWork>): void => {
      // A later request replaced it: the queue ran this one first.
      if (this.#last === running) this.#last = { ...running, finishedAt: this.#now(), ...outcome };
    };
    try {
      const backup = await perform();
      finish({ state: "finished", backup: backup.manifest.id, valid: backup.verification?.valid });
      return backup;
    } catch (error) {
      finish({ state: "failed", reason: messageOf(error) });
      throw error;
    }
  }
}
