import { Pool } from "undici";
import type { Target } from "../../engine/client.js";
import type { Candidate } from "./pick.js";
import { ejection } from "./pick.js";

/** Until the first byte of an answer: a long prompt on a slow machine takes minutes. */
const headersTimeout = 300_000;
/** Between two pieces of an answer. */
const bodyTimeout = 120_000;
const connectTimeout = 2_000;

/** One upstream server as the gateway sees it: its connections, what is under way, how it has done lately. */
export class RoutedTarget implements Candidate {
  readonly pool: Pool;
  /** Path prefix of an upstream that is not at the root of its server. */
  readonly basePath: string;
  inFlight = 0;
  /** Failures in a row. */
  failures = 0;
  ejectedUntil = 0;
  errors = 0;
  answered = 0;
  /** Exponentially weighted time to the first byte. */
  ewmaMs = 0;
  removed = false;

  constructor(
    public target: Target,
    readonly limit: number,
    readonly readySince: number,
  ) {
    const url = new URL(target.url);
    this.basePath = url.pathname.replace(/\/+$/, "");
    this.pool = new Pool(url.origin, {
      connections: Math.min(limit, 1024),
      pipelining: 1,
      headersTimeout,
      bodyTimeout,
      keepAliveTimeout: 30_000,
      connect: { timeout: connectTimeout },
    });
  }

  get weight(): number {
    return this.target.weight;
  }

  succeeded(firstByteMs: number): void {
    this.failures = 0;
    this.answered += 1;
    this.ewmaMs = this.ewmaMs === 0 ? firstByteMs : this.ewmaMs * 0.9 + firstByteMs * 0.1;
  }

  /** Counts a failure of the server (never of the request); too many in a row leave it out for a while. */
  failed(now: number): void {
    this.failures += 1;
    this.errors += 1;
    const time = ejection(this.failures);
    if (time > 0) this.ejectedUntil = now + time;
  }

  /** No new work; connections end once what is under way is done. */
  retire(): void {
    this.removed = true;
    this.pool.close().catch(() => {});
  }
}
