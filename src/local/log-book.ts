import { createWriteStream, type WriteStream } from "node:fs";

/** The supervisor's own log: one JSON line for each thing it did or saw, in the form of the modules' logs. */
export class LogBook {
  readonly #stream: WriteStream;

  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    // A full disk must not end the supervisor, which is what keeps the rest alive.
    this.#stream.on("error", () => undefined);
  }

  write(process: string, level: "info" | "warning" | "error", message: string): void {
    const line = { level: LEVELS[level], time: Date.now(), unit: process, msg: message };
    this.#stream.write(`${JSON.stringify(line)}\n`);
  }
}

const LEVELS = { info: 30, warning: 40, error: 50 } as const;
