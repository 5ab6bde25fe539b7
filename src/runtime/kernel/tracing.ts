import { GEN_AI_SCHEMA_URL } from "../../contracts/gen-ai.js";
import type { Trace } from "./trace.js";

const EXPORT_TIMEOUT_MS = 5_000;
const MAX_QUEUED_SPANS = 4096;

/** A finished OpenTelemetry span. Times are epoch milliseconds. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: "server" | "client";
  readonly trace: Trace;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
}

/** Exports spans over OTLP. A span is recorded when it ends; no request holds an open span. */
export interface Tracer {
  record(span: FinishedSpan): void;
  /** Exports the pending spans; gives up after 5 s if the endpoint does not respond. */
  stop(): Promise<void>;
}

/**
 * Starts the export of traces to an OTLP/HTTP endpoint (a base URL; `/v1/traces` is appended if missing). Loads the SDK on
 * demand: a process without an endpoint does not load it.
 */
export async function startTracing(endpoint: string, attributes: Readonly<Record<string, string>>): Promise<Tracer> {
  const [api, node, exporter, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace-node"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
  ]);
  const base = endpoint.replace(/\/+$/, "");
  const url = base.endsWith("/v1/traces") ? base : `${base}/v1/traces`;
  // The ids exist, and were propagated in `traceparent`, before the SDK receives the span.
  let next: Trace | undefined;
  const random = new node.RandomIdGenerator();
  const provider = new node.NodeTracerProvider({
    resource: resources.resourceFromAttributes(attributes),
    idGenerator: {
      generateTraceId: () => next?.traceId ?? random.generateTraceId(),
      generateSpanId: () => next?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [
      new node.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }), {
        maxQueueSize: MAX_QUEUED_SPANS,
      }),
    ],
  });
  const tracer = provider.getTracer("keelson", undefined, { schemaUrl: GEN_AI_SCHEMA_URL });
  return {
    record(span) {
      if (!span.trace.sampled) return;
      next = span.trace;
      const parent =
        span.trace.parentSpanId === undefined
          ? api.ROOT_CONTEXT
          : api.trace.setSpanContext(api.ROOT_CONTEXT, {
              traceId: span.trace.traceId,
              spanId: span.trace.parentSpanId,
              traceFlags: api.TraceFlags.SAMPLED,
              isRemote: true,
            });
      const open = tracer.startSpan(
        span.name,
        {
          kind: span.kind === "server" ? api.SpanKind.SERVER : api.SpanKind.CLIENT,
          startTime: span.start,
          attributes: { ...span.attributes },
        },
        parent,
      );
      next = undefined;
      if (span.failed) open.setStatus({ code: api.SpanStatusCode.ERROR });
      open.end(span.end);
    },
    async stop() {
      await Promise.race([
        provider.shutdown(),
        new Promise((resolve) => setTimeout(resolve, EXPORT_TIMEOUT_MS).unref()),
      ]);
    },
  };
}
