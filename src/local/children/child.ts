import type { KeelsonError } from "../../errors/keelson-error.js";

/** How a process came to its end. */
export interface Exit {
  /** In words, for the terminal and the log: `exit code 1`, `killed by SIGKILL`. */
  readonly how: string;
  /** What it said last, where that explains the end. */
  readonly error?: KeelsonError;
}

/** A process that was started. */
export interface Child {
  /** The process itself, for whoever wants to look at it or hurt it; undefined before it exists and after it is gone. */
  pid(): Promise<number | undefined>;
  /** Resolves once it answers; never rejects: a start that failed is an exit. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  /** Asks it whether it is well. */
  probe(timeout: number): Promise<boolean>;
  /** Asks it to finish what it does and end. */
  stop(): void;
  kill(): void;
}

export function exitWords(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? "unknown"}` : `killed by ${signal}`;
}
