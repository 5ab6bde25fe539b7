/** Releases what a step acquired. `signal` aborts when the time for an orderly release is over. */
type Release<T> = (acquired: T, signal: AbortSignal) => unknown;

export interface UndoOptions {
  /** Called for each release that fails. The remaining releases still run. */
  readonly onFailure: (step: string, error: unknown) => void;
  /** Debug point: called after each step, with its name. A test makes it throw to fail the start at exactly that step. */
  readonly afterStep?: ((step: string) => void | Promise<void>) | undefined;
}

/**
 * The steps of a start and how to undo them: a stack of named releases, run in reverse. It is the one path of clean-up, for a
 * start that fails at any step and for an orderly stop alike. (The shape of `AsyncDisposableStack`, which Node.js 20 lacks.)
 */
export class UndoStack {
  #releases: { readonly step: string; readonly release: (signal: AbortSignal) => unknown }[] = [];

  constructor(private readonly options: UndoOptions) {}

  /**
   * Runs `acquire` and registers `release` for its result. Nothing is registered if `acquire` throws: it must release what it
   * acquired before that.
   */
  async step<T>(step: string, acquire: () => T | Promise<T>, release?: Release<T>): Promise<T> {
    const acquired = await acquire();
    if (release !== undefined) this.defer(step, (signal) => release(acquired, signal));
    await this.options.afterStep?.(step);
    return acquired;
  }

  /** Registers a release without a step of its own. */
  defer(step: string, release: (signal: AbortSignal) => unknown): void {
    this.#releases.push({ step, release });
  }

  /** Runs all releases, newest first, each once. Never rejects: a failed release is reported to `onFailure`. */
  async run(signal: AbortSignal): Promise<void> {
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop()) {
      try {
        await next.release(signal);
      } catch (error) {
        this.options.onFailure(next.step, error);
      }
    }
  }
}
