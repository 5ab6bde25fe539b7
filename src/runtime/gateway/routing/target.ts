import { Pool } from "undici";
import type { Target } from "../../engine/client.js";
import { Health } from "./health.js";
import type { Candidate } from "./pick.js";

/** Until the first byte of a response: a long prompt on a slow machine takes minutes. */
const HEADERS_TIMEOUT_MS = 300_000;
/** Between two pieces of a response. */
const BODY_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;
/**
 * Maximum number of requests in flight at one server, and so of connections to it. Requests above it wait in the model's
 * queue, where they are bounded and counted, and not inside the connection pool.
 */
export const MAX_CONNECTIONS = 1024;

/** One upstream server: its connections, its requests in flight and its health. */
export class RoutedTarget implements Candidate {
  readonly pool: Pool;
  /** Path prefix of an upstream that is not at the root of its server. */
  readonly basePath: string;
  readonly health = new Health();
  /** Maximum number of requests in flight. */
  readonly limit: number;
  inFlight = 0;

  /** `readySince`: epoch milliseconds. */
  constructor(
    public target: Target,
    concurrency: number,
    readonly readySince: number,
  ) {
    this.limit = Math.min(Math.max(1, concurrency), MAX_CONNECTIONS);
    const url = new URL(target.url);
    this.basePath = url.pathname.replace(/\/+$/, "");
    this.pool = new Pool(url.origin, {
      connections: this.limit,
      pipelining: 1,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
  }

  get weight(): number {
    return this.target.weight;
  }

  get ejectedUntil(): number {
    return this.health.ejectedUntil;
  }

  /** Accepts no new requests; its connections close once the requests in flight are done. */
  retire(): void {
    this.pool.close().catch(() => {});
  }
}
