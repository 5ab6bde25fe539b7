import type { Trace } from "./trace.js";

/** A finished piece of work, as OpenTelemetry wants it. Times in epoch milliseconds. */
export interface FinishedSpan {
  readonly name: string;
  readonly kind: "server" | "client";
  readonly trace: Trace;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
}

/** Sends spans over OTLP. Spans are handed over when they end, so that no work carries an open span about. */
export interface Tracer {
  record(span: FinishedSpan): void;
  /** Sends what is waiting; gives up after some seconds when nobody listens. */
  stop(): Promise<void>;
}

/**
 * Starts sending traces to an OTLP/HTTP endpoint (base URL, `/v1/traces` is appended unless there). The SDK is loaded only
 * here, because a process without an endpoint should not pay for it.
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
  // The ids were made (and sent on in `traceparent`) before the SDK hears of the span.
  let next: Trace | undefined;
  const random = new node.RandomIdGenerator();
  const provider = new node.NodeTracerProvider({
    resource: resources.resourceFromAttributes(attributes),
    idGenerator: {
      generateTraceId: () => next?.traceId ?? random.generateTraceId(),
      generateSpanId: () => next?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [
      new node.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url, timeoutMillis: 5000 }), { maxQueueSize: 4096 }),
    ],
  });
  const tracer = provider.getTracer("keelson");
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
      await Promise.race([provider.shutdown(), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
    },
  };
}
