import type { Logger } from "pino";
import { messageOf } from "../../../errors/thrown.js";
import type { Usage } from "../../usage/client.js";
import type { Journal } from "./journal.js";

const batch = 500;
const shortestWait = 100;
const longestWait = 5000;

/** Moves settled usage from the journal's closed files into the ledger, oldest first, until the ledger has acknowledged it. */
export class Publisher {
  #wake: (() => void) | undefined;
  #stopping = false;
  #failures = 0;
  readonly #done: Promise<void>;

  constructor(
    private readonly journal: Journal,
    private readonly usage: Usage,
    private readonly log: Logger,
    private readonly onState: (failing: string | undefined) => void,
  ) {
    journal.onSealed = () => this.#wake?.();
    this.#done = this.#run();
  }

  /** Publishes what is closed, unless `signal` ends it before; what is left stays on the disk for the next start. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
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
      const sealed = this.journal.nextSealed();
      if (sealed === undefined) {
        if (this.#stopping) return;
        await this.#sleep(60_000);
        continue;
      }
      try {
        for await (const events of this.journal.batchesOf(sealed, batch)) await this.usage.record(events);
        await this.journal.published(sealed);
        if (this.#failures > 0) this.log.info("the ledger takes usage again");
        this.#failures = 0;
        this.onState(undefined);
      } catch (error) {
        const reason = messageOf(error);
        if (this.#failures === 0) this.log.warn({ reason }, "the ledger does not take usage; it is kept on this disk");
        this.#failures += 1;
        this.onState(reason);
        // On the way out a ledger that is away is not waited for: the files are.
        if (this.#stopping && this.#failures > 2) return;
        await this.#sleep(Math.min(longestWait, shortestWait * 2 ** Math.min(this.#failures, 10)));
      }
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
