import { type ErrorCode, errorEntry, isErrorCode } from "./catalogue.js";
import type { ExitCode } from "./entry.js";

/**
 * An error that the user can act on: what failed, where, and what to do. Printed without a stack trace. Its exit code and
 * its default hint are those of its code in the catalogue.
 */
export class KeelsonError extends Error {
  override readonly name: string = "KeelsonError";
  /** Stable and greppable, e.g. `port/in-use`. */
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  /** @param options.hint A more specific hint, which replaces the default hint of the code. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { exitCode, hint } = errorEntry(code);
    this.code = code;
    this.hint = options.hint ?? hint;
    this.exitCode = exitCode;
  }

  /** The error that another Keelson process reported. It may run another release, with codes that are not listed here. */
  static fromReport(code: string, message: string, hint?: string): KeelsonError {
    if (isErrorCode(code)) return new KeelsonError(code, message, { hint });
    return new KeelsonError("platform/unlisted-error", `${code}: ${message}`, { hint });
  }

  /** The text printed on the terminal. */
  report(): string {
    const hint = this.hint === undefined ? "" : `\n  hint: ${this.hint}`;
    return `error ${this.code} ${this.message}${hint}`;
  }

  /** The object printed with `--json`. */
  toJSON(): unknown {
    return { error: { code: this.code, message: this.message, hint: this.hint } };
  }
}
