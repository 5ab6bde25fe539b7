import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher } from "undici";
import type { z } from "zod";
import type { Connection, Identity } from "./connection.js";
import { type ApiRequest, KubernetesError, notFromKubernetes, refusal, unreachable } from "./errors.js";
import { linesOf, ResponseTooLarge, textOf } from "./response-body.js";

const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Limit of a request as a whole, however slowly its response arrives: the API server ends requests after 60 s
 * (kube-apiserver, `--request-timeout`). Admission webhooks may take 30 s each, so a write waits for its response until then.
 */
const MAX_REQUEST_MS = 65_000;
/** Delays before the retries of a request that the server rejected because it is overloaded (429, 503). */
const RETRY_DELAYS_MS = [200, 1000, 3000];

interface RequestOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly signal?: AbortSignal;
}

export interface TransportOptions {
  /** Without it, a request that would send credentials without TLS fails with `kubernetes/plain-http`. */
  readonly allowPlainHttp?: boolean;
  /** Aborts every request, which then throws the reason of the signal. */
  readonly signal?: AbortSignal;
}

export type SendParameters = readonly [
  method: ApiRequest["method"],
  path: string,
  operation: string,
  body?: unknown,
  type?: string,
  /** Receives each warning of the API server about the request. */
  warn?: (warning: string) => void,
];

/** HTTP to one API server: connections, credentials, limits and retries. Close it after use. */
export class Transport {
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  readonly #origin: string;
  /** Path prefix of the API, for clusters behind a shared host. */
  readonly #basePath: string;
  #agent: { readonly client: Identity["client"]; readonly agent: Agent } | undefined;

  constructor(connection: Connection, options: TransportOptions) {
    const server = new URL(connection.server);
    this.#connection = connection;
    this.#options = options;
    this.#origin = server.origin;
    this.#basePath = server.pathname.replace(/\/+$/, "");
  }

  async close(): Promise<void> {
    await this.#agent?.agent.destroy();
  }

  /** A response of the expected form; another one is of another server. */
  parsed<T>(schema: z.ZodType<T>, response: unknown, operation: string): T {
    const parsed = schema.safeParse(response);
    if (parsed.success) return parsed.data;
    const { server, description } = this.#connection;
    throw notFromKubernetes(JSON.stringify(response).slice(0, 200), server, { operation, connection: description });
  }

  /**
   * The JSON of a successful response, an empty object without a body. Repeats a request that the server defers, and one
   * that it does not authenticate with renewed credentials.
   */
  async send(...[method, path, operation, body, type = "application/json", warn]: SendParameters): Promise<unknown> {
    const apiRequest = this.#requestOf(method, path, operation);
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } };
    let identity = await this.#connection.credentials();
    let isRenewed = false;
    for (let attempt = 0; ; ) {
      const response = await this.#dispatch(apiRequest, identity, {
        ...sent,
        headersTimeout: method === "GET" ? REQUEST_TIMEOUT_MS : MAX_REQUEST_MS,
        bodyTimeout: REQUEST_TIMEOUT_MS,
        signal: AbortSignal.timeout(MAX_REQUEST_MS),
      });
      const text = await this.#textOf(response, apiRequest);
      if (response.statusCode < 400) {
        if (warn) for (const warning of warningsOf(response)) warn(warning);
        const body = text === "" ? {} : parseJson(text);
        if (typeof body !== "object") throw notFromKubernetes(text, this.#connection.server, apiRequest);
        return body;
      }
      if (response.statusCode === 401 && !isRenewed) {
        isRenewed = true;
        const renewed = await this.#connection.credentials(identity);
        if (!isSame(identity, renewed)) {
          identity = renewed;
          continue;
        }
      }
      const wait = RETRY_DELAYS_MS[attempt];
      attempt += 1;
      if (wait === undefined || !mayBeRetried(response))
        throw refusal(response.statusCode, parseJson(text), apiRequest);
      const { signal } = this.#options;
      await sleep(wait, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  async #dispatch(
    apiRequest: ApiRequest,
    identity: Identity,
    options: RequestOptions,
  ): Promise<Dispatcher.ResponseData> {
    if (
      identity.authorization !== undefined &&
      this.#origin.startsWith("http:") &&
      this.#options.allowPlainHttp !== true
    )
      throw new KubernetesError(
        "kubernetes/plain-http",
        `the credentials of ${this.#connection.description} are not sent to ${this.#connection.server}, which has no TLS`,
      );
    const headers = {
      accept: "application/json",
      ...options.headers,
      ...(identity.authorization !== undefined && { authorization: identity.authorization }),
    };
    const signals = [options.signal, this.#options.signal].filter((signal) => signal !== undefined);
    try {
      return await this.#agentFor(identity).request({
        ...options,
        headers,
        signal: signals.length > 0 ? AbortSignal.any(signals) : null,
        origin: this.#origin,
        path: this.#basePath + apiRequest.path,
        method: apiRequest.method,
      });
    } catch (error) {
      throw this.#failure(error, apiRequest);
    }
  }

  /** A response whose body ends early or not at all is no response. */
  async #textOf(response: Dispatcher.ResponseData, apiRequest: ApiRequest): Promise<string> {
    try {
      return await textOf(response.body);
    } catch (error) {
      throw this.#failure(error, apiRequest);
    }
  }

  #requestOf(method: ApiRequest["method"], path: string, operation: string): ApiRequest {
    return { method, path, operation, connection: this.#connection.description };
  }

  /** The connection pool; a new one if the client certificate has changed. */
  #agentFor(identity: Identity): Agent {
    const { client } = identity;
    if (this.#agent && this.#agent.client?.certificate === client?.certificate) return this.#agent.agent;
    const { authority, verify, serverName } = this.#connection;
    const agent = new Agent({
      connections: 8,
      connect: {
        rejectUnauthorized: verify,
        ...(authority !== undefined && { ca: authority }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(client && { cert: client.certificate, key: client.key }),
      },
    });
    this.#agent?.agent.close().catch(() => undefined);
    this.#agent = { client, agent };
    return agent;
  }

  /**
   * The JSON of each line of a stream, until it ends or `signal` aborts. A stream that is silent for `silenceMs` is an
   * unreachable server.
   */
  async *lines(
    path: string,
    operation: string,
    { silenceMs, signal }: { readonly silenceMs: number; readonly signal: AbortSignal },
  ): AsyncGenerator<unknown> {
    const apiRequest = this.#requestOf("GET", path, operation);
    const identity = await this.#connection.credentials();
    const timeouts = { headersTimeout: REQUEST_TIMEOUT_MS, bodyTimeout: silenceMs };
    const response = await this.#dispatch(apiRequest, identity, { ...timeouts, signal });
    if (response.statusCode >= 400)
      throw refusal(response.statusCode, parseJson(await this.#textOf(response, apiRequest)), apiRequest);
    const lines = linesOf(response.body);
    try {
      for (;;) {
        const { value, done } = await lines.next().catch((error: unknown) => {
          if (signal.aborted) return { value: undefined, done: true };
          throw this.#failure(error, apiRequest);
        });
        if (done === true || value === undefined) return;
        yield parseJson(value);
      }
    } finally {
      await lines.return(undefined);
    }
  }

  /** The error of a body that cannot be read; or the reason why the requests were aborted. */
  #failure(error: unknown, apiRequest: ApiRequest): unknown {
    const { signal } = this.#options;
    if (signal?.aborted === true) return signal.reason;
    if (error instanceof ResponseTooLarge) return notFromKubernetes(error.message, this.#connection.server, apiRequest);
    return unreachable(error, this.#connection.server, apiRequest);
  }
}

function isSame(left: Identity, right: Identity): boolean {
  return left.authorization === right.authorization && left.client?.certificate === right.client?.certificate;
}

/** The server has not executed the request: it is overloaded, or requests a retry (as client-go, `checkWait`). */
function mayBeRetried({ statusCode, headers }: Dispatcher.ResponseData): boolean {
  return statusCode === 429 || statusCode === 503 || (statusCode >= 500 && headers["retry-after"] !== undefined);
}

/** The texts of `Warning: 299 - "text"` (RFC 7234): deprecated API versions, policies and Pod Security levels that only warn. */
function warningsOf({ headers }: Dispatcher.ResponseData): readonly string[] {
  const lines = [headers["warning"] ?? []].flat();
  return lines.flatMap((line) =>
    [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1")),
  );
}

/** Returns the text of a response that is not JSON (the page of a proxy), for the error message. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
}
