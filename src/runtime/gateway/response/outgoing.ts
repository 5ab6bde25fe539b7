import type { ServerResponse } from "node:http";
import { CLIENT_REQUEST_ID } from "../../kernel/request-id.js";

/**
 * The response to the client. Bytes that are sent before the intent is durable are held back. The end is sent once the usage is
 * settled.
 */
export class Outgoing {
  status = 200;
  contentType = "application/json";
  /** The model that serves the request, for the `x-keelson-model` header. */
  model = "";
  /** The simulator serves the request: the response is marked. */
  simulated = false;
  #held: Buffer | undefined;
  #open = false;
  #started = false;
  clientLeft = false;
  #cut = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly requestId: string,
    private readonly clientRequestId: string | undefined,
  ) {}

  get full(): boolean {
    return this.response.writableNeedDrain;
  }

  send(bytes: Buffer): void {
    if (this.clientLeft) return;
    if (!this.#open) {
      this.#held = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
      return;
    }
    if (!this.#started) this.#head(undefined);
    this.response.write(bytes);
  }

  /** The intent is durable: sends the held bytes. */
  open(): void {
    this.#open = true;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.send(held);
  }

  /** Discards the held bytes, before another attempt. */
  discardHeld(): void {
    this.#held = undefined;
  }

  /** The response cannot be completed: `end` closes the connection, so that the client detects an incomplete response. */
  cut(): void {
    this.#cut = true;
  }

  end(last: Buffer): void {
    if (this.clientLeft) return;
    if (this.#cut) {
      this.response.destroy();
      return;
    }
    const bytes = this.#held === undefined ? last : Buffer.concat([this.#held, last]);
    this.#held = undefined;
    if (!this.#started) this.#head(bytes.length);
    this.response.end(bytes);
  }

  #head(length: number | undefined): void {
    this.#started = true;
    const headers = ["content-type", this.contentType, "x-request-id", this.requestId, "x-keelson-model", this.model];
    if (this.clientRequestId !== undefined) headers.push(CLIENT_REQUEST_ID, this.clientRequestId);
    if (this.simulated) headers.push("x-keelson-simulated", "true");
    if (length === undefined) headers.push("cache-control", "no-cache");
    else headers.push("content-length", String(length));
    this.response.writeHead(this.status, headers);
  }
}
