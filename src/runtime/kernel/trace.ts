import { randomFillSync } from "node:crypto";
import { IncomingMessage } from "node:http";

/** The W3C trace that a request belongs to: its own span, and the caller's where the caller sent one. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: this process's part of the trace. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
}

// Random bytes are drawn in bulk: one call for some hundreds of requests.
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

/** An id that nobody can guess or repeat: 96 random bits in hex. */
export function newId(): string {
  return randomHex(12);
}

const format = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const noTrace = "0".repeat(32);
const noSpan = "0".repeat(16);

/** Continues the caller's trace (`traceparent`, version 00 and later) or begins one. */
export function beginTrace(traceparent: string | undefined): Trace {
  if (traceparent !== undefined && traceparent.length <= 256) {
    const match = format.exec(traceparent);
    const traceId = match?.[1];
    const parent = match?.[2];
    if (
      traceId !== undefined &&
      parent !== undefined &&
      traceId !== noTrace &&
      parent !== noSpan &&
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

/** The header that carries `trace` on to the next process. */
export function traceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}

/** A request as the listener makes it: it carries its trace. (A map from request to trace costs a collection's time.) */
export class TracedRequest extends IncomingMessage {
  #trace: Trace | undefined;

  get trace(): Trace {
    this.#trace ??= begin(this);
    return this.#trace;
  }
}

/** The trace of a request, the same on every call: for log lines and for calls to other processes. */
export function traceOf(request: IncomingMessage): Trace {
  return request instanceof TracedRequest ? request.trace : begin(request);
}

function begin({ headers }: IncomingMessage): Trace {
  const header = headers["traceparent"];
  return beginTrace(typeof header === "string" ? header : undefined);
}
