import { createWriteStream, type WriteStream } from "node:fs";

/** The supervisor's own log: one JSON line per event, in the format of the modules' logs. */
export class SupervisorLog {
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    // A full disk must not stop the supervisor: the other processes depend on it.
    this.#stream.on("error", () => undefined);
  }

  write(process: string, level: keyof typeof LEVELS, message: string): void {
    const line = { level: LEVELS[level], time: Date.now(), unit: process, msg: message };
    this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  /** Resolves when the lines are written, or cannot be. */
  async close(): Promise<void> {
    if (this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("close", resolve);
      this.#stream.end();
    });
  }
}

/** The levels of pino. */
const LEVELS = { info: 30, warning: 40, error: 50 } as const;
