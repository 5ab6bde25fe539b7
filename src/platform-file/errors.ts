/** An error that a person can act on: what went wrong, where, and what to do. Printed without a stack trace. */
export class KeelsonError extends Error {
  override readonly name: string = "KeelsonError";
  /** Stable, greppable, e.g. `port/in-use`. */
  readonly code: string;
  readonly hint: string | undefined;
  /** 1: findings or failure; 2: unreadable input or wrong usage. */
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, options: { hint?: string; exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }

  /** What a person reads on the terminal. */
  report(): string {
    const hint = this.hint === undefined ? "" : `\n  hint: ${this.hint}`;
    return `error ${this.code} ${this.message}${hint}`;
  }

  /** What `--json` prints instead. */
  toJSON(): unknown {
    return { error: { code: this.code, message: this.message, hint: this.hint } };
  }
}
