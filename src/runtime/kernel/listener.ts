import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { KeelsonError } from "../../errors/keelson-error.js";
import { TracedRequest } from "./trace.js";

/** Answers one HTTP request; its prefix was matched already. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How much of a connection's time and memory a client may take before it has said anything useful. */
export interface ListenerLimits {
  /** Until the last header has come. */
  readonly headersTimeout: number;
  /** Until the last byte of the body has come. */
  readonly requestTimeout: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
}

const defaults: ListenerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 20_000,
};

interface Route {
  readonly prefix: string;
  readonly handler: Handler;
}

/** The one HTTP listener of a process: routes by the longest claimed path prefix, and ends without cutting an answer. */
export class Listener {
  readonly #server: Server<typeof TracedRequest>;
  #routes: readonly Route[] = [];
  #unclaimed: Handler = (_request, response) =>
    answerJson(response, 404, { error: { code: "not_found", message: "nothing is served here" } });
  #closing = false;
  #underWay = 0;
  /** The newest answer on each connection. */
  readonly #latest = new WeakMap<Duplex, ServerResponse>();
  /** Answers that wait for an earlier one on their connection. */
  readonly #behind = new WeakMap<Duplex, Set<ServerResponse>>();
  /** Requests that never reached a handler, by the status that they were refused with. */
  readonly refused = new Map<number, number>();

  constructor(
    private readonly onError: (error: unknown, request: IncomingMessage) => void,
    limits: Partial<ListenerLimits> = {},
  ) {
    const { headersTimeout, requestTimeout, maxHeaderBytes, maxConnections } = { ...defaults, ...limits };
    this.#server = createServer({
      IncomingMessage: TracedRequest,
      headersTimeout,
      requestTimeout,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: 65_000,
      // Node would answer without a word; `#answer` says what is missing.
      requireHostHeader: false,
      // Timeouts are only looked at this often.
      connectionsCheckingInterval: Math.min(1000, headersTimeout),
      noDelay: true,
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on("request", (request, response) => this.#answer(request, response));
    this.#server.on("checkContinue", (request, response) => {
      // Said as the body begins to be read: who is refused before is spared the sending.
      request.once("resume", () => {
        if (!response.headersSent) response.writeContinue();
      });
      this.#answer(request, response);
    });
    this.#server.on("checkExpectation", (request, response) => {
      this.#count(417);
      response.shouldKeepAlive = false;
      answerJson(response, 417, refusalBody(request.url ?? "/", "the only expectation understood is 100-continue"));
    });
    this.#server.on("clientError", (error, socket) => this.#refuse(error, socket));
    this.#server.on("drop", () => this.#count(503));
  }

  /** Claims `prefix`: exactly it, or (where it ends in `/`) everything below. The longest claim wins. */
  route(prefix: string, handler: Handler): void {
    if (this.#routes.some((route) => route.prefix === prefix)) throw new Error(`two modules claim the path ${prefix}`);
    this.#routes = [...this.#routes, { prefix, handler }].sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Answers what nobody has claimed, so that `/` itself stays free for a module. */
  otherwise(handler: Handler): void {
    this.#unclaimed = handler;
  }

  /** Resolves with the real port. Port 0 takes a free one. */
  async listen({ host, port }: Address): Promise<Address> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(error, host, port));
      this.#server.once("error", failed);
      this.#server.listen({ host, port, backlog: 1024 }, () => {
        this.#server.off("error", failed);
        resolve();
      });
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the listener has no port");
    return { host, port: address.port };
  }

  /** Requests whose answer is not complete. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * From now on every answer is the last one on its connection. Said for a while before `drain`, it lets connections
   * that are kept alive end between two requests; closed from here, the next request could be on its way already.
   */
  askToClose(): void {
    this.#closing = true;
  }

  /**
   * Refuses new connections and waits until every answer under way has gone out whole; `signal` cuts what is left.
   * Connections that are kept alive without a request under way are closed.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.askToClose();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const cut = (): void => this.#server.closeAllConnections();
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await closed;
    clearInterval(sweep);
    signal.removeEventListener("abort", cut);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#underWay += 1;
    const before = this.#latest.get(request.socket);
    if (before !== undefined && !before.writableFinished) this.#waitBehind(request.socket, response);
    this.#latest.set(request.socket, response);
    response.on("close", this.#onClose);
    // A client may leave at any moment: that is an event of the request, never an error of the process.
    request.on("error", ignore);
    response.on("error", ignore);
    if (this.#closing) response.shouldKeepAlive = false;
    const url = request.url ?? "/";
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      this.#count(400);
      response.shouldKeepAlive = false;
      answerJson(response, 400, refusalBody(url, "the request has no Host header"));
      return;
    }
    try {
      const route = this.#routes.find(({ prefix }) => matches(url, prefix));
      if (route !== undefined) route.handler(request, response);
      else this.#unclaimed(request, response);
    } catch (error) {
      this.onError(error, request);
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { error: { code: "internal", message: "an internal error; the log tells more" } });
    }
  }

  readonly #onClose = (): void => {
    this.#underWay -= 1;
  };

  /** Node says nothing to an answer that has not had its turn when the connection ends: its work would go on for nobody. */
  #waitBehind(socket: Duplex, response: ServerResponse): void {
    const waiting = this.#behind.get(socket) ?? new Set();
    if (!this.#behind.has(socket)) {
      this.#behind.set(socket, waiting);
      socket.once("close", () => {
        for (const one of waiting) if (one.socket === null) one.destroy().emit("close");
      });
    }
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  }

  #refuse(error: Error & { code?: string; rawPacket?: unknown }, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, text, message] = refusal(error.code);
    this.#count(status);
    const latest = this.#latest.get(socket);
    if (latest?.headersSent && !latest.writableFinished) {
      // Part of an answer is out already: nothing true can be added to it.
      socket.destroy();
      return;
    }
    const head = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString("latin1", 0, 32) : "";
    const body = JSON.stringify(refusalBody(head.replace(/^[A-Z]+ /, ""), message));
    socket.end(
      `HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  }

  #count(status: number): void {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
  }
}

/** In the shape of the API that the path belongs to. */
function refusalBody(path: string, message: string): object {
  if (path.startsWith("/api/")) return { error: message };
  return { error: { message, type: "invalid_request_error", param: null, code: null } };
}

function refusal(code: string | undefined): readonly [number, string, string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [431, "Request Header Fields Too Large", "the request's headers are too large"];
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return [413, "Payload Too Large", "the request's chunk extensions are too large"];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "Request Timeout", "the request did not arrive in time"];
    default:
      return [400, "Bad Request", "the request is not valid HTTP"];
  }
}

/** `/v1` matches `/v1`, `/v1?x` and `/v1/…`, but not `/v11`. */
function matches(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  if (prefix.endsWith("/") || url.length === prefix.length) return true;
  const next = url.charCodeAt(prefix.length);
  return next === 0x2f || next === 0x3f;
}

/** Answers with one JSON document. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}

function ignore(): void {}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): KeelsonError {
  if (error.code === "EADDRINUSE") {
    return new KeelsonError("port/in-use", `port ${port} on ${host} is in use by another process`, {
      cause: error,
    });
  }
  if (error.code === "EACCES") {
    return new KeelsonError("port/not-allowed", `this user may not listen on port ${port}`, {
      cause: error,
    });
  }
  return new KeelsonError("port/unusable", `cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}
