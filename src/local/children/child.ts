import type { KeelsonError } from "../../errors/keelson-error.js";

/** How a process exited. */
export interface Exit {
  /** For the terminal and the log: `exit code 1`, `killed by SIGKILL`. */
  readonly how: string;
  /** The error that it reported before it exited. */
  readonly error?: KeelsonError;
}

/** A started process. */
export interface Child {
  /** Its process id; undefined before it exists and after it has exited. */
  pid(): Promise<number | undefined>;
  /** Resolves once it is ready; never rejects: a failed start is an exit. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  /** Whether it responds within `timeoutMs`. */
  probe(timeoutMs: number): Promise<boolean>;
  /** Requests an orderly stop: it completes its work and exits. */
  stop(): void;
  kill(): void;
}

/** An exit as `Exit.how` shows it. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? "unknown"}` : `killed by ${signal}`;
}
