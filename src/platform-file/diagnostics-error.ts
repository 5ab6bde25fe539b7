import { KeelsonError } from "../errors/keelson-error.js";
import { type Diagnostic, formatDiagnostics } from "./diagnostic.js";

/** A platform file with errors: all its diagnostics. */
export class DiagnosticsError extends KeelsonError {
  override readonly name = "DiagnosticsError";

  /** `text` is the file's text, so that the offending lines can be shown. */
  constructor(
    readonly file: string,
    readonly diagnostics: readonly Diagnostic[],
    readonly text?: string,
  ) {
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    super("spec/invalid", `${file} cannot be used: ${errors} error${errors === 1 ? "" : "s"}`);
  }

  override report(): string {
    return formatDiagnostics(this.diagnostics, this.text);
  }

  override toJSON(): unknown {
    return { file: this.file, diagnostics: this.diagnostics };
  }
}
