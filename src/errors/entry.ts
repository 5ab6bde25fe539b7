/**
 * 1: the operation failed, or a check found errors. 2: unreadable input, wrong usage, or a name that does not exist; the same call
 * cannot succeed. 130: Ctrl-C.
 */
export type ExitCode = 1 | 2 | 130;

/** The properties that all errors of one code share. */
export interface ErrorEntry {
  /** One sentence for the reference page: when this error occurs. */
  readonly summary: string;
  /** The exit code of a command that ends with this error. */
  readonly exitCode: ExitCode;
  /** HTTP status of a response with this error, 400..599. Absent: no API responds with this code. */
  readonly status?: number;
  /** What to do about it, unless the code that reports the error provides a more precise hint. */
  readonly hint?: string;
}

/** An area of the reference page. Codes are stable: scripts and alerts match on them. */
export type ErrorEntries = Readonly<Record<string, ErrorEntry>>;

/** An area whose codes all occur in responses. */
export type HttpErrorEntries = Readonly<Record<string, ErrorEntry & { readonly status: number }>>;
