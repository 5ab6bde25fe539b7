import type { ServerResponse } from "node:http";

/** A client that takes nothing of its answer for so long (milliseconds) is gone. */
const stalled = 60_000;

/**
 * The answer on its way to the client. What is sent before the intent to count it is durable waits inside; the end goes
 * out last, by whoever knows that the usage is settled.
 */
export class Outgoing {
  status = 200;
  contentType = "application/json";
  /** The model that answers, as the client may see it. */
  model = "";
  #held: Buffer | undefined;
  #open = false;
  #begun = false;
  gone = false;
  #cut = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly requestId: string,
  ) {}

  /** Bytes have gone out: nothing can be taken back. */
  get begun(): boolean {
    return this.#begun;
  }

  get full(): boolean {
    return this.response.writableNeedDrain;
  }

  send(bytes: Buffer): void {
    if (this.gone) return;
    if (!this.#open) {
      this.#held = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
      return;
    }
    if (!this.#begun) this.#head(undefined);
    this.response.write(bytes);
  }

  /** The intent is durable: what was held may go. */
  open(): void {
    this.#open = true;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.send(held);
  }

  /** Forgets what was held, for another attempt. */
  reset(): void {
    this.#held = undefined;
  }

  /** The answer cannot be ended well: its connection will be closed instead, so that nobody takes it for whole. */
  cut(): void {
    this.#cut = true;
  }

  end(last: Buffer): void {
    if (this.gone) return;
    if (this.#cut) {
      this.response.destroy();
      return;
    }
    const bytes = this.#held === undefined ? last : Buffer.concat([this.#held, last]);
    this.#held = undefined;
    if (!this.#begun) this.#head(bytes.length);
    this.response.end(bytes);
  }

  /** The connection is given up when the client takes nothing for long. */
  stalls(): void {
    this.response.socket?.setTimeout(stalled);
  }

  flows(): void {
    this.response.socket?.setTimeout(0);
  }

  #head(length: number | undefined): void {
    this.#begun = true;
    const headers = ["content-type", this.contentType, "x-request-id", this.requestId, "x-keelson-model", this.model];
    if (length === undefined) headers.push("cache-control", "no-cache");
    else headers.push("content-length", String(length));
    this.response.writeHead(this.status, headers);
  }
}
