import { type ErrorCode, errorEntry, isErrorCode } from "./catalogue.js";
import type { ExitCode } from "./entry.js";
import { singleLine } from "./terminal-text.js";

/**
 * An error that the user can act on: what failed, where, and what to do. Printed without a stack trace. Its exit code and
 * its default hint are those of its code in the catalogue.
 */
export class KeelsonError extends Error {
  override readonly name: string = "KeelsonError";
  /** Stable and greppable, e.g. `port/in-use`. */
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** What the error concerns, one item each: printed below the message, a line each. */
  readonly details: readonly string[];
  readonly exitCode: ExitCode;

  /** @param options.hint A more specific hint, which replaces the default hint of the code. */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { exitCode, hint } = errorEntry(code);
    this.code = code;
    this.hint = options.hint ?? hint;
    this.details = options.details ?? [];
    this.exitCode = exitCode;
  }

  /** The error that another Keelson process reported. It may run another release, with codes that are not listed here. */
  static fromReport(code: string, message: string, hint?: string): KeelsonError {
    if (isErrorCode(code)) return new KeelsonError(code, message, { hint });
    return new KeelsonError("platform/unlisted-error", `${code}: ${message}`, { hint });
  }

  /** The text printed on the terminal. Message, details and hint stay on their lines, whatever they quote. */
  report(): string {
    const lines = [
      `error ${this.code} ${singleLine(this.message)}`,
      ...this.details.map((each) => `  ${singleLine(each)}`),
    ];
    if (this.hint !== undefined) lines.push(`  hint: ${singleLine(this.hint)}`);
    return lines.join("\n");
  }

  /** The object printed with `--json`. */
  toJSON(): unknown {
    const details = this.details.length === 0 ? undefined : this.details;
    return { error: { code: this.code, message: this.message, details, hint: this.hint } };
  }
}
