import { Pool } from "undici";
import { socketConnector } from "../../../unix-sockets/socket-url.js";
import { type ApiAddress, apiAddress, type Target } from "../../engine/client.js";
import { Health } from "./health.js";
import type { Candidate } from "./pick.js";

const CONNECT_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * Whether a server accepts `stream_options`, which the gateway adds to streams:
 *
 * - `unknown`: it has not accepted a stream with it yet.
 * - `accepted`: it has.
 * - `refused`: it has refused a request because of it.
 */
export type UsageOptionSupport = "unknown" | "accepted" | "refused";

/** One upstream server: its connections, its requests in flight and its health. */
export class RoutedTarget implements Candidate {
  readonly pool: Pool;
  readonly address: ApiAddress;
  readonly health = new Health();
  /**
   * Maximum number of requests in flight, and so of connections. Requests above it wait in the model's queue, where they are
   * bounded and counted, and not inside the connection pool.
   */
  readonly limit: number;
  usageOption: UsageOptionSupport = "unknown";
  inFlight = 0;

  /** `readySince`: epoch milliseconds. */
  constructor(
    public target: Target,
    concurrency: number,
    readonly readySince: number,
  ) {
    this.limit = Math.max(1, concurrency);
    this.address = apiAddress(target.url);
    this.pool = new Pool(this.address.origin, {
      connections: this.limit,
      pipelining: 1,
      // An attempt has its own timeouts, until the first content and between two pieces.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: socketConnector({ timeout: CONNECT_TIMEOUT_MS }),
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
