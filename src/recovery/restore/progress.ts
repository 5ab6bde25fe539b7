import type { RestoreProgress, RestoreRequest, RestoreStepName } from "../../contracts/restore.js";
import { messageOf } from "../../errors/thrown.js";

/** Receives the progress of a restore. */
export interface RestoreObserver {
  /** A step begins; the one before it has ended. */
  step(name: RestoreStepName): void;
  /** The backup that was chosen. */
  chosen(backup: string): void;
  /** Bytes of the backup that were fetched so far, of `total`. */
  fetched(done: number, total: number): void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Step = RestoreProgress["steps"][number];

/** Records the progress of one restore in place, for clients that poll it. */
export class RestoreRecorder implements RestoreObserver {
  readonly #now: () => number;
  readonly #progress: Mutable<Omit<RestoreProgress, "steps">>;
  readonly #steps: Mutable<Step>[] = [];

  constructor(request: RestoreRequest, now: () => number) {
    this.#now = now;
    this.#progress = { request, startedAt: now(), state: "running" };
  }

  step(name: RestoreStepName): void {
    this.#endStep();
    this.#steps.push({ name, startedAt: this.#now() });
  }

  chosen(backup: string): void {
    this.#progress.backup = backup;
  }

  fetched(done: number, total: number): void {
    const step = this.#steps.findLast(({ name }) => name === "fetch");
    if (step) step.bytes = { done, total };
  }

  finish(): void {
    this.#end("finished");
  }

  fail(error: unknown): void {
    this.#progress.reason = messageOf(error);
    this.#end("failed");
  }

  get(): RestoreProgress {
    return { ...this.#progress, steps: this.#steps.map((step) => ({ ...step })) };
  }

  #end(state: RestoreProgress["state"]): void {
    this.#endStep();
    this.#progress.state = state;
    this.#progress.finishedAt = this.#now();
  }

  #endStep(): void {
    const current = this.#steps.at(-1);
    if (current && current.tookMs === undefined) current.tookMs = Math.max(0, this.#now() - current.startedAt);
  }
}
