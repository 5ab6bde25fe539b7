import type { Logger } from "pino";
import { debugPoint } from "../../../disk/debug-point.js";
import { messageOf } from "../../../errors/thrown.js";
import { type Clock, SYSTEM_CLOCK } from "../../kernel/clock.js";
import type { Usage } from "../../usage/client.js";
import type { Journal } from "./journal.js";

/** Events in one request to the ledger. */
const BATCH_SIZE = 500;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** Consecutive failures after which a stopping process leaves the remaining events to the next start. */
const MAX_FAILURES_WHILE_STOPPING = 2;

/** Sends settled usage from the journal's closed files to the ledger, oldest first, until the ledger has acknowledged it. */
export class Publisher {
  /** Ends the current wait early; undefined while none may be ended. */
  #wake: (() => void) | undefined;
  #wakeWhileFailing: (() => void) | undefined;
  #stopping = false;
  #failures = 0;
  readonly #done: Promise<void>;

  /** `onState`: called with the reason of each failure, and with undefined after each success. */
  constructor(
    private readonly journal: Journal,
    private readonly usage: Usage,
    private readonly log: Logger,
    private readonly onState: (failing: string | undefined) => void,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {
    journal.onRotated = () => this.#wake?.();
    this.#done = this.#run();
  }

  /** Publishes the closed files, until `signal` aborts. Remaining files stay on the disk for the next start. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    this.#wakeWhileFailing?.();
    await Promise.race([
      this.#done,
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    ]);
  }

  async #run(): Promise<void> {
    for (;;) {
      const closed = this.journal.nextClosed();
      if (closed === undefined) {
        if (this.#stopping) return;
        await this.#untilRotated();
        continue;
      }
      try {
        for await (const events of this.journal.batchesOf(closed, BATCH_SIZE)) {
          await this.usage.record(events);
          debugPoint("publisher/recorded");
        }
        await this.journal.published(closed);
        if (this.#failures > 0) this.log.info("the ledger accepts usage events again");
        this.#failures = 0;
        this.journal.publishingFails = false;
        this.onState(undefined);
      } catch (error) {
        const reason = messageOf(error);
        if (this.#failures === 0)
          this.log.warn({ reason }, "the ledger does not accept usage events; they remain on this disk");
        this.#failures += 1;
        this.journal.publishingFails = true;
        this.onState(reason);
        if (this.#stopping && this.#failures > MAX_FAILURES_WHILE_STOPPING) return;
        await this.#backOff(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures, 10)));
      }
    }
  }

  async #untilRotated(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  /** A file that is rotated meanwhile does not end the pause: the ledger would be called again with every file. */
  async #backOff(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(ms, resolve);
      this.#wakeWhileFailing = () => {
        cancel();
        resolve();
      };
    });
    this.#wakeWhileFailing = undefined;
  }
}
