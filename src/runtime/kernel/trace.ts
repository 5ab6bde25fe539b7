import { randomFillSync } from "node:crypto";
import { IncomingMessage } from "node:http";

/** The W3C trace context of a request: its own span, and the caller's span if the caller sent one. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span of this process. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
}

// Random bytes are generated in bulk: one call serves some hundreds of requests.
const pool = Buffer.allocUnsafe(8192);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

/** A unique, unguessable id: 96 random bits in hex. */
export function newId(): string {
  return randomHex(12);
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/** Continues the caller's trace (`traceparent`, version 00 and later) or starts one. */
export function startTrace(traceparent: string | undefined): Trace {
  if (traceparent !== undefined && traceparent.length <= 256) {
    const match = TRACEPARENT.exec(traceparent);
    const traceId = match?.[1];
    const parent = match?.[2];
    if (
      traceId !== undefined &&
      parent !== undefined &&
      traceId !== NO_TRACE &&
      parent !== NO_SPAN &&
      !traceparent.startsWith("ff")
    ) {
      return {
        traceId,
        spanId: randomHex(8),
        parentSpanId: parent,
        sampled: (Number.parseInt(match?.[3] ?? "00", 16) & 1) === 1,
      };
    }
  }
  return { traceId: randomHex(16), spanId: randomHex(8), parentSpanId: undefined, sampled: true };
}

/** The `traceparent` header that propagates `trace` to the next process. */
export function traceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}

/** The request class of the listener: it stores the trace. (A map from request to trace would add work for the garbage collector.) */
export class TracedRequest extends IncomingMessage {
  #trace: Trace | undefined;

  get trace(): Trace {
    this.#trace ??= traceFromHeaders(this);
    return this.#trace;
  }
}

/** The trace of a request, the same on every call: for log lines and for calls to other processes. */
export function traceOf(request: IncomingMessage): Trace {
  return request instanceof TracedRequest ? request.trace : traceFromHeaders(request);
}

function traceFromHeaders({ headers }: IncomingMessage): Trace {
  const header = headers["traceparent"];
  return startTrace(typeof header === "string" ? header : undefined);
}
