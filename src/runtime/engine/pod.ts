import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { messageOf } from "../../errors/thrown.js";
import { socketConnector } from "../../unix-sockets/socket-url.js";
import { respondJson } from "../kernel/listener.js";
import type { Target } from "./client.js";

/**
 * Proxy of a process that serves one model: forwards requests of the OpenAI API to the engine's child process. The kernel
 * requires the internal token: requests are metered by the gateway, so only the gateway may call this path.
 */
export class PodProxy {
  #pool: { readonly url: string; readonly pool: Pool } | undefined;

  constructor(private readonly target: () => Target | undefined) {}

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const target = this.target();
    if (target === undefined) {
      response.setHeader("retry-after", "1");
      fail(response, 503, "the model's engine is starting");
      return;
    }
    void this.#forward(request, response, target);
  };

  async close(): Promise<void> {
    await this.#pool?.pool.close();
  }

  async #forward(request: IncomingMessage, response: ServerResponse, { url, authorization }: Target): Promise<void> {
    const disconnected = new AbortController();
    response.on("close", () => disconnected.abort());
    const headers: Record<string, string> = { "content-type": "application/json" };
    const { traceparent, "content-length": length } = request.headers;
    if (typeof traceparent === "string") headers["traceparent"] = traceparent;
    if (length !== undefined) headers["content-length"] = length;
    if (authorization !== undefined) headers["authorization"] = authorization;
    try {
      const upstream = await this.#poolOf(url).request({
        path: request.url ?? "/",
        method: methodOf(request),
        headers,
        body: request.method === "GET" ? null : request,
        signal: disconnected.signal,
      });
      const type = upstream.headers["content-type"];
      response.writeHead(upstream.statusCode, { "content-type": typeof type === "string" ? type : "application/json" });
      pipeline(upstream.body, response, () => {});
    } catch (error) {
      if (disconnected.signal.aborted) return;
      fail(response, 502, `the model's engine failed: ${messageOf(error)}`);
    }
  }

  #poolOf(url: string): Pool {
    if (this.#pool?.url !== url) {
      this.#pool?.pool.close().catch(() => {});
      // The gateway limits the number of requests and their time, and disconnects when it gives up.
      const options = { connections: null, headersTimeout: 0, bodyTimeout: 0, connect: socketConnector() };
      this.#pool = { url, pool: new Pool(url, options) };
    }
    return this.#pool.pool;
  }
}

function methodOf(request: IncomingMessage): Dispatcher.HttpMethod {
  return request.method === "GET" ? "GET" : "POST";
}

function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  respondJson(response, status, { error: { message, type: "server_error", param: null, code: null } });
}
