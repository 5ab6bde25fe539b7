import type { Logger } from "pino";

/** A log of lines that clients cause: at most `perSecond` of them in each second, and then how many were omitted. */
export class LimitedLog {
  #second = 0;
  #lines = 0;
  #omitted = 0;

  /** `what` completes "omitted log lines of …". */
  constructor(
    private readonly log: Logger,
    private readonly what: string,
    private readonly perSecond = 50,
  ) {}

  write(level: "info" | "warn", fields: object, message: string): void {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      if (this.#omitted > 0) this.log.info({ count: this.#omitted }, `omitted log lines of ${this.what}`);
      this.#second = second;
      this.#lines = 0;
      this.#omitted = 0;
    }
    this.#lines += 1;
    if (this.#lines > this.perSecond) this.#omitted += 1;
    else this.log[level](fields, message);
  }
}
