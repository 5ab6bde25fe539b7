import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from "node:net";
import type { Duplex } from "node:stream";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Milliseconds } from "../../plan/plan.js";
import { ClientNetworks } from "./client-networks.js";
import { errorBody, type HttpError, kernelError } from "./error-body.js";
import type { KnownHosts } from "./hosts.js";
import type { RefusedRequest } from "./refusals.js";
import { CLIENT_REQUEST_ID, clientRequestId } from "./request-id.js";
import { newId, TracedRequest } from "./trace.js";

/** Handles one HTTP request whose path matches the handler's prefix. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Limits on the time and memory of one connection. */
export interface ListenerLimits {
  /** From the first byte of a request to its last header. */
  readonly headersTimeout: Milliseconds;
  /** From the first byte of a request to the last byte of its body. */
  readonly requestTimeout: Milliseconds;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Of one client network: the others have the rest, however many one opens. */
  readonly maxConnectionsOfNetwork: number;
}

const DEFAULT_LIMITS: ListenerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 20_000,
  maxConnectionsOfNetwork: 10_000,
};

const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Interval at which Node.js checks connections for a timeout. */
const MAX_TIMEOUT_CHECK_INTERVAL_MS = 1_000;
const IDLE_SWEEP_INTERVAL_MS = 50;
const LISTEN_BACKLOG = 1024;

export const NOT_FOUND = kernelError("not_found", "no module serves this path");

const MISDIRECTED = kernelError(
  "misdirected_request",
  "this platform is not addressed by the name in the request's Host header; declare it as `host` of an entrance, or use the address of the machine",
);

/** What a listener reports. */
export interface ListenerEvents {
  /** A handler has thrown. */
  onError(error: unknown, request: IncomingMessage): void;
  /** A request reached no handler, or its handler has thrown. */
  onRefused(refused: RefusedRequest): void;
}

interface Route {
  readonly prefix: string;
  readonly handler: Handler;
}

/** The one HTTP listener of a process. Routes by the longest claimed path prefix; closes without cutting a response. */
export class Listener {
  readonly #server: Server<typeof TracedRequest>;
  #socket: SocketServer | undefined;
  #routes: readonly Route[] = [];
  #fallback: Handler = (request, response) => this.refuse(request, response, NOT_FOUND);
  #closing = false;
  #inFlight = 0;
  /** The newest response on each connection. */
  readonly #latest = new WeakMap<Duplex, ServerResponse>();
  /** Pipelined responses that wait for an earlier one on the same connection. */
  readonly #pipelined = new WeakMap<Duplex, Set<ServerResponse>>();
  /** Connections above the maximum of their network, which are being closed. */
  readonly #surplus = new WeakSet<Duplex>();
  /** Number of requests that reached no handler, by the status of the response. */
  readonly refused = new Map<number, number>();

  constructor(
    private readonly events: ListenerEvents,
    private readonly hosts: Pick<KnownHosts, "has">,
    limits: Partial<ListenerLimits> = {},
  ) {
    const { headersTimeout, requestTimeout, maxHeaderBytes, ...max } = { ...DEFAULT_LIMITS, ...limits };
    this.#server = createServer({
      IncomingMessage: TracedRequest,
      headersTimeout,
      requestTimeout,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Node.js would respond without a body; `#handle` reports the missing header.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(MAX_TIMEOUT_CHECK_INTERVAL_MS, headersTimeout),
      noDelay: true,
    });
    this.#server.maxConnections = max.maxConnections;
    const networks = new ClientNetworks(max.maxConnectionsOfNetwork);
    this.#server.on("connection", (socket) => {
      if (!networks.admit(socket)) this.#refuseSurplus(socket);
    });
    this.#server.on("request", (request, response) => this.#handle(request, response));
    this.#server.on("checkContinue", (request, response) => {
      // Sent when a handler starts to read the body: a client whose request is refused before that sends no body.
      request.once("resume", () => {
        if (!response.headersSent) response.writeContinue();
      });
      this.#handle(request, response);
    });
    this.#server.on("checkExpectation", (request, response) => {
      const why = kernelError("expectation_failed", "the only supported expectation is 100-continue");
      this.#refuseRequest(request, response, why);
    });
    this.#server.on("clientError", (error, socket) => this.#refuseConnection(error, socket));
    this.#server.on("drop", () => this.#count(503));
  }

  /** Claims `prefix` and the paths below it; a prefix that ends in `/` claims only the paths below. The longest claim wins. */
  route(prefix: string, handler: Handler): void {
    if (this.#routes.some((route) => route.prefix === prefix)) throw new Error(`two modules claim the path ${prefix}`);
    this.#routes = [...this.#routes, { prefix, handler }].sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Sets the handler of requests that no claim matches. `/` remains free for a module. */
  setFallback(handler: Handler): void {
    this.#fallback = handler;
  }

  /** Resolves with the bound port. Port 0 binds a free one. Throws `port/…`. */
  async listen({ host, port }: Address): Promise<Address> {
    try {
      await this.#bind(host, port);
    } catch (thrown) {
      const error = systemError(thrown);
      // A kernel without IPv6 has no `::`, which otherwise accepts both families.
      if (host !== "::" || !isWithoutIpv6(error)) throw cannotListen(error, host, port);
      return this.listen({ host: "0.0.0.0", port });
    }
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the listener is not bound to a port");
    return { host, port: address.port };
  }

  async #bind(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /**
   * Serves the same routes on a Unix socket too, after `listen`. `path` is in a directory of this user that no other user can
   * enter; the socket of a process that was killed is replaced. Throws `port/unusable`.
   */
  async listenOnSocket(path: string): Promise<void> {
    await rm(path, { force: true });
    // Node.js documents that connections can be passed to an HTTP server by its event `connection`.
    const server = createSocketServer((connection) => this.#server.emit("connection", connection));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) =>
        reject(new KeelsonError("port/unusable", `cannot listen on ${path}: ${error.message}`, { cause: error })),
      );
      server.listen({ path, backlog: LISTEN_BACKLOG }, resolve);
    });
    await chmod(path, 0o600);
    this.#socket = server;
  }

  /** Number of requests whose response is not complete. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Sends `connection: close` with every response from now on. Called some time before `drain`, it lets clients close their
   * kept-alive connections between two requests. A connection that the server closes may already carry the next request.
   */
  closeAfterResponse(): void {
    this.#closing = true;
  }

  /**
   * Refuses new connections, closes idle ones, and waits until every response in flight is complete. When `signal` aborts, it
   * closes the remaining connections. Has no effect on a listener that is closed or was never open.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.closeAfterResponse();
    const closed = Promise.all(
      [this.#server, this.#socket].map(
        (server) => server && new Promise<void>((resolve) => server.close(() => resolve())),
      ),
    );
    const sweep = setInterval(() => this.#server.closeIdleConnections(), IDLE_SWEEP_INTERVAL_MS);
    const cut = (): void => this.#server.closeAllConnections();
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await closed;
    clearInterval(sweep);
    signal.removeEventListener("abort", cut);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.#surplus.has(request.socket)) return;
    this.#inFlight += 1;
    const previous = this.#latest.get(request.socket);
    if (previous !== undefined && !previous.writableFinished) this.#pipeline(request.socket, response);
    this.#latest.set(request.socket, response);
    // Once: Node.js 24 emits it on a pipelined response as well, which `#pipeline` does for earlier versions.
    response.once("close", this.#onClose);
    // A client can disconnect at any time. That concerns its request only, never the process.
    request.on("error", ignore);
    response.on("error", ignore);
    if (this.#closing) response.shouldKeepAlive = false;
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      this.#refuseRequest(request, response, kernelError("bad_request", "the request has no Host header"));
      return;
    }
    const url = withOneLeadingSlash(request.url ?? "/");
    request.url = url;
    // Probes and load balancers address a process by any name, and read only its status.
    if (!matches(url, "/health") && request.headers.host !== undefined && !this.hosts.has(request.headers.host)) {
      this.#refuseRequest(request, response, MISDIRECTED);
      return;
    }
    try {
      const route = this.#routes.find(({ prefix }) => matches(url, prefix));
      if (route !== undefined) route.handler(request, response);
      else this.#fallback(request, response);
    } catch (error) {
      this.events.onError(error, request);
      if (response.headersSent) response.destroy();
      else this.refuse(request, response, kernelError("internal", "internal error; see the log"));
    }
  }

  readonly #onClose = (): void => {
    this.#inFlight -= 1;
  };

  /**
   * Node.js emits no `close` on a pipelined response whose turn has not come when the connection ends. Without it the handler
   * would continue to work for a client that has disconnected.
   */
  #pipeline(socket: Duplex, response: ServerResponse): void {
    const waiting = this.#pipelined.get(socket) ?? new Set();
    if (!this.#pipelined.has(socket)) {
      this.#pipelined.set(socket, waiting);
      socket.once("close", () => {
        for (const one of waiting) if (one.socket === null) one.destroy().emit("close");
      });
    }
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  }

  #refuseRequest(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
    this.#count(error.status);
    response.shouldKeepAlive = false;
    this.refuse(request, response, error);
  }

  /** Responds with an error in the shape of the API that the request's path belongs to, and with an id that is in the log as well. */
  refuse(request: IncomingMessage, response: ServerResponse, error: HttpError): void {
    const id = newId();
    response.setHeader("x-request-id", id);
    const clientId = clientRequestId(request);
    if (clientId !== undefined) response.setHeader(CLIENT_REQUEST_ID, clientId);
    this.events.onRefused({ id, request, ...error });
    respondJson(response, error.status, errorBody(request.url ?? "/", error));
  }

  #refuseSurplus(socket: Socket): void {
    this.#surplus.add(socket);
    const hint = "reuse connections (keep-alive), or wait until some are closed";
    const refusal = kernelError("too_many_connections", `your network has too many open connections; ${hint}`);
    // Counted and not logged: a flood would fill the log.
    this.#count(refusal.status);
    endWithError(socket, newId(), "", refusal);
  }

  #refuseConnection(error: Error & { code?: string; rawPacket?: unknown }, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = refusalOf(error.code);
    this.#count(refusal.status);
    const latest = this.#latest.get(socket);
    if (latest?.headersSent && !latest.writableFinished) {
      // Part of a response is already sent: a second one would corrupt it.
      socket.destroy();
      return;
    }
    const head = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString("latin1", 0, 32) : "";
    const id = newId();
    this.events.onRefused({ id, request: undefined, ...refusal });
    endWithError(socket, id, head.replace(/^[A-Z]+ /, ""), refusal);
  }

  #count(status: number): void {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
  }
}

/** Responds on a connection without a request that could be read, and closes it. */
function endWithError(socket: Duplex, id: string, path: string, refusal: HttpError): void {
  const body = JSON.stringify(errorBody(path, refusal));
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nconnection: close\r\ncontent-type: application/json\r\nx-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** The response to a connection that Node.js's HTTP parser gave up on, by the code of its error. */
function refusalOf(code: string | undefined): HttpError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return kernelError("headers_too_large", "the request's headers are too large");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return kernelError("chunk_extensions_too_large", "the request's chunk extensions are too large");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return kernelError("request_timeout", "the request did not arrive in time");
    default:
      return kernelError("bad_request", "the request is not valid HTTP");
  }
}

/** `/v1` matches `/v1`, `/v1?x` and `/v1/…`, but not `/v11`. */
function matches(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  if (prefix.endsWith("/") || url.length === prefix.length) return true;
  const next = url.charCodeAt(prefix.length);
  return next === 0x2f || next === 0x3f;
}

/** Responds with one JSON document. */
export function respondJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}

function ignore(): void {}

function systemError(thrown: unknown): NodeJS.ErrnoException {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function isWithoutIpv6({ code }: NodeJS.ErrnoException): boolean {
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): KeelsonError {
  if (error.code === "EADDRINUSE") {
    return new KeelsonError("port/in-use", `port ${port} on ${host} is in use by another process`, {
      cause: error,
    });
  }
  if (error.code === "EACCES") {
    return new KeelsonError("port/forbidden", `this user is not allowed to listen on port ${port}`, {
      cause: error,
    });
  }
  return new KeelsonError("port/unusable", `cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}

/**
 * A path whose leading slashes are one, as of `//v1/chat/completions`: a client has joined a base address and a path. The prefix
 * that decides who answers, and whom it asks for a credential, is that of this path.
 */
function withOneLeadingSlash(url: string): string {
  return url.startsWith("//") ? url.replace(/^\/+/, "/") : url;
}
