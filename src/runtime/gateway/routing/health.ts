/**
 * What the result of one attempt at an upstream server means: for the health of the server, and for what the request does
 * next. This table is the only place that decides it.
 */

/** The result of one attempt. HTTP statuses are grouped by what they mean for the server. */
export type Result =
  /** 200 with a complete response: the only status of a success in both APIs. */
  | "succeeded"
  /** 3xx: the gateway follows no redirect, because that would send the prompt to a server that is not configured. */
  | "redirected"
  /** 200 with something else than an answer: an error of the server, HTML, nothing. */
  | "invalid-response"
  /** 200 with an error that the request may have caused. */
  | "stated-error"
  /** Any other status below 400, such as 202 or 204: the response is not an answer to the request. */
  | "unexpected"
  /** 4xx except those below: the request is at fault. */
  | "client-error"
  /** 401, 402, 403 or 407: the server refuses the gateway's credentials, or its account. */
  | "unauthorised"
  /** 404 or 405: the server does not serve the model or the path. */
  | "not-found"
  /** 408: the server did not receive the request in time. */
  | "request-timeout"
  /** 429. */
  | "rate-limited"
  /** 5xx except the next one. */
  | "server-error"
  /** 503 with `Retry-After`: the server is starting or full, and did not process the request. */
  | "not-ready"
  /** No connection was made. */
  | "never-sent"
  /** This process lacks descriptors or ports for another connection. */
  | "no-descriptor"
  /** The connection failed after the request was sent. */
  | "connection-lost"
  /** The same at one of Keelson's own engines: its process has ended, maybe because of this request. */
  | "engine-lost"
  /** The server accepted the request and sent no content within the timeout. */
  | "timed-out"
  /** The client disconnected before the first byte of the response. */
  | "abandoned"
  /** The client disconnected after the head of a response with status 200: the server may be healthy or may hang. */
  | "left-mid-response"
  /** The gateway cancelled the attempt because usage cannot be recorded. */
  | "discarded";

/**
 * The health signal of a result.
 *
 * - `success` resets the counts of consecutive failures and ejections.
 * - `failure` counts as an error and as one consecutive failure: MAX_FAILURES of them eject the server.
 * - `rejected` counts as an error and changes nothing else.
 * - `unanswered` counts as one consecutive request without a response: MAX_UNANSWERED of them eject the server.
 * - `neutral` changes nothing.
 */
export type Outcome = "success" | "failure" | "rejected" | "unanswered" | "neutral";

/**
 * Whether another attempt may help before the first byte of the response is sent to the client.
 *
 * - `never`: the response is final.
 * - `elsewhere`: at a server that was not tried, within the model's retry budget. The request never uses this server again.
 * - `anywhere`: at any server, up to MAX_ATTEMPTS: the same one (it may be restarting) when no other one is available.
 * - `once`: as `anywhere`, but not after a second result of this kind: a request that ends engines must not end all of them.
 * - `until-deadline`: as `anywhere`, and for as long as a request may wait in the queue: no work was started.
 */
export type RetryPolicy = "never" | "elsewhere" | "anywhere" | "once" | "until-deadline";

interface Meaning {
  readonly outcome: Outcome;
  readonly retry: RetryPolicy;
  /** The model's fallbacks are tried when no retry is left. */
  readonly fallsBack: boolean;
}

const MEANINGS = {
  succeeded: { outcome: "success", retry: "never", fallsBack: false },
  redirected: { outcome: "failure", retry: "elsewhere", fallsBack: true },
  unexpected: { outcome: "failure", retry: "elsewhere", fallsBack: true },
  "invalid-response": { outcome: "failure", retry: "elsewhere", fallsBack: true },
  // Not a failure: a client could otherwise eject a server for everyone.
  "stated-error": { outcome: "rejected", retry: "elsewhere", fallsBack: true },
  "client-error": { outcome: "success", retry: "never", fallsBack: false },
  unauthorised: { outcome: "failure", retry: "elsewhere", fallsBack: true },
  // Not a failure: a client that requests a path which the server lacks could eject it for everyone.
  "not-found": { outcome: "rejected", retry: "elsewhere", fallsBack: true },
  "request-timeout": { outcome: "rejected", retry: "elsewhere", fallsBack: true },
  "rate-limited": { outcome: "failure", retry: "elsewhere", fallsBack: true },
  "server-error": { outcome: "failure", retry: "elsewhere", fallsBack: true },
  "not-ready": { outcome: "rejected", retry: "until-deadline", fallsBack: true },
  "never-sent": { outcome: "failure", retry: "until-deadline", fallsBack: true },
  // Not a fault of the server.
  "no-descriptor": { outcome: "neutral", retry: "until-deadline", fallsBack: false },
  "connection-lost": { outcome: "failure", retry: "anywhere", fallsBack: true },
  "engine-lost": { outcome: "failure", retry: "once", fallsBack: false },
  // The server may still be working on it: the same work is not started there twice.
  "timed-out": { outcome: "failure", retry: "elsewhere", fallsBack: true },
  abandoned: { outcome: "unanswered", retry: "never", fallsBack: false },
  "left-mid-response": { outcome: "neutral", retry: "never", fallsBack: false },
  discarded: { outcome: "neutral", retry: "never", fallsBack: false },
} as const satisfies Record<Result, Meaning>;

export function meaningOf(result: Result): Meaning {
  return MEANINGS[result];
}

/** The result of an attempt whose response has `status`. */
export function resultOfStatus(status: number, hasRetryAfter: boolean): Result {
  if (status === 200) return "succeeded";
  if (status < 400) return status >= 300 ? "redirected" : "unexpected";
  if (status === 401 || status === 402 || status === 403 || status === 407) return "unauthorised";
  if (status === 404 || status === 405) return "not-found";
  if (status === 408) return "request-timeout";
  if (status === 429) return "rate-limited";
  if (status === 503 && hasRetryAfter) return "not-ready";
  return status >= 500 ? "server-error" : "client-error";
}

/** Errors of a connection before anything was sent over it: the request was certainly not processed. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
]);

/** Limits of this process or machine: https://man7.org/linux/man-pages/man2/socket.2.html and connect.2. */
const NO_DESCRIPTOR: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL"]);

const TIMED_OUT: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** The result of an attempt that failed with `error` on the connection. `sent`: the connection was made and the request was written to it. */
export function resultOfError(error: Error, sent: boolean): Result {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (NO_DESCRIPTOR.has(code)) return "no-descriptor";
  if (!sent || NEVER_SENT.has(code)) return "never-sent";
  return TIMED_OUT.has(code) ? "timed-out" : "connection-lost";
}

/** Consecutive failures that eject a server. */
export const MAX_FAILURES = 3;
/** Consecutive requests without a response that eject a server. Clients also disconnect from healthy servers. */
export const MAX_UNANSWERED = 10;
/** A client that disconnects sooner has not waited long enough to indicate a fault of the server. */
const MIN_UNANSWERED_MS = 250;
const MAX_UNANSWERED_MS = 30_000;

const FIRST_EJECTION_MS = 1_000;
const MAX_EJECTION_MS = 30_000;

/** The recent health of one server. Times are epoch milliseconds. */
export class Health {
  /** Consecutive failures. */
  #failures = 0;
  /** Consecutive requests whose client disconnected before the first byte. */
  #unanswered = 0;
  /** Ejections since the last success. */
  #ejections = 0;
  ejectedUntil = 0;
  /** Failures and rejections since the start. */
  errors = 0;
  /** Moving average of the time from a request to the first byte of its response; 0 before the first one. */
  timeToFirstByteMs = 0;
  /** Moving average of the duration of a request; 0 before the first one. */
  durationMs = 0;

  /**
   * Records the result of one attempt. `firstByteMs`: until the head of the response, undefined if none arrived;
   * `durationMs`: until the attempt ended.
   */
  record(result: Result, now: number, durationMs: number, firstByteMs: number | undefined): void {
    switch (meaningOf(result).outcome) {
      case "success":
        this.#failures = 0;
        this.#unanswered = 0;
        this.#ejections = 0;
        // An error response takes less time than any work and would lower the average.
        if (result === "client-error") return;
        if (firstByteMs !== undefined) this.timeToFirstByteMs = average(this.timeToFirstByteMs, firstByteMs);
        this.durationMs = average(this.durationMs, durationMs);
        return;
      case "failure":
        this.errors += 1;
        this.#failures += 1;
        if (this.#failures >= MAX_FAILURES) this.#eject(now);
        return;
      case "rejected":
        this.errors += 1;
        this.#unanswered = 0;
        return;
      case "unanswered":
        if (durationMs < Math.min(MAX_UNANSWERED_MS, Math.max(MIN_UNANSWERED_MS, this.timeToFirstByteMs))) return;
        this.#unanswered += 1;
        if (this.#unanswered >= MAX_UNANSWERED) this.#eject(now);
        return;
      case "neutral":
    }
  }

  /**
   * Each ejection is twice as long as the one before it. A failure during an ejection is of a request that was in flight when
   * it started: one crash fails many requests, and ejects the server once.
   */
  #eject(now: number): void {
    if (now < this.ejectedUntil) return;
    this.ejectedUntil = now + Math.min(MAX_EJECTION_MS, FIRST_EJECTION_MS * 2 ** Math.min(this.#ejections, 10));
    this.#ejections += 1;
  }
}

function average(mean: number, value: number): number {
  return mean === 0 ? value : mean * 0.9 + value * 0.1;
}
