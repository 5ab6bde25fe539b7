import type { ErrorCode } from "../../errors/catalogue.js";
import type { Diagnostic } from "../diagnostic.js";
import type { SourceMap } from "../tree.js";

/** What is wrong with the YAML at one offset. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** The problem as an error at an offset of the text. */
export function problem(source: SourceMap, at: number, { code, message, hint }: Problem, length?: number): Diagnostic {
  const origin = source.origin({ from: at, to: at, environment: undefined });
  return { code, severity: "error", message, origin, hint, length };
}
