/** Releases what a step acquired. `signal` aborts when the time for an orderly release is over. */
type Release<T> = (acquired: T, signal: AbortSignal) => unknown;

export interface UndoOptions {
  /** Called for each release that fails. The remaining releases still run. */
  readonly onFailure: (step: string, error: unknown) => void;
  /** Debug point: called after each step, with its name. A test makes it throw to fail the start at exactly that step. */
  readonly afterStep?: ((step: string) => void | Promise<void>) | undefined;
}

/**
 * Time for each release that is still waiting, or has not run, when the signal aborts. It covers a connection that is cut or a
 * file that is removed. A release that takes longer is abandoned, so that the older ones (a lock, a listener) still run.
 */
export const ABORTED_RELEASE_TIMEOUT_MS = 1_000;

/**
 * The steps of a start and how to undo them: a stack of named releases, run in reverse. It is the one path of clean-up, for a
 * start that fails at any step and for an orderly stop alike. (The shape of `AsyncDisposableStack`, which Node.js 20 lacks.)
 */
export class UndoStack {
  #releases: { readonly step: string; readonly release: (signal: AbortSignal) => unknown }[] = [];
  #run: { readonly signal: AbortSignal; done: Promise<void> } | undefined;

  constructor(private readonly options: UndoOptions) {}

  /**
   * Runs `acquire` and registers `release` for its result. Nothing is registered if `acquire` throws: it must release what it
   * acquired before that. Throws if `run` was called: a stop during the start ends the start.
   */
  async step<T>(step: string, acquire: () => T | Promise<T>, release?: Release<T>): Promise<T> {
    if (this.#run) throw new Error(`stopped before “${step}”`);
    const acquired = await acquire();
    if (release !== undefined) this.defer(step, (signal) => release(acquired, signal));
    await this.options.afterStep?.(step);
    return acquired;
  }

  /** Registers a release without a step of its own. After `run` was called it runs too, as soon as the others have. */
  defer(step: string, release: (signal: AbortSignal) => unknown): void {
    this.#releases.push({ step, release });
    const run = this.#run;
    if (run) run.done = run.done.then(() => this.#releaseAll(run.signal));
  }

  /**
   * Runs all releases one at a time, newest first, each once. Repeated calls wait for the first, whose signal applies. Never
   * rejects: a release that fails, or that has not completed `ABORTED_RELEASE_TIMEOUT_MS` after the signal aborts, is reported
   * to `onFailure`.
   */
  run(signal: AbortSignal): Promise<void> {
    this.#run ??= { signal, done: this.#releaseAll(signal) };
    return this.#run.done;
  }

  async #releaseAll(signal: AbortSignal): Promise<void> {
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop()) {
      const { step, release } = next;
      try {
        await completed(async () => release(signal), signal);
      } catch (error) {
        this.options.onFailure(step, error);
      }
    }
  }
}

/** Waits for a release; after the signal aborts for `ABORTED_RELEASE_TIMEOUT_MS` at most, then throws. */
async function completed(release: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let abandon: () => void = () => undefined;
  const abandoned = new Promise<never>((_, reject) => {
    abandon = () => {
      timer = setTimeout(
        () => reject(new Error("it has not completed in time and is abandoned")),
        ABORTED_RELEASE_TIMEOUT_MS,
      );
    };
  });
  if (signal.aborted) abandon();
  else signal.addEventListener("abort", abandon, { once: true });
  try {
    await Promise.race([release(), abandoned]);
  } finally {
    signal.removeEventListener("abort", abandon);
    clearTimeout(timer);
  }
}
