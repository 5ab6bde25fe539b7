import { createServer, type Server } from "node:http";
import { Writable } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { GEN_AI_SCHEMA_URL } from "../../src/contracts/gen-ai.js";
import { startTrace, traceparent } from "../../src/runtime/kernel/trace.js";
import { planWith, startTestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";

describe("traceparent", () => {
  it("is continued if it is well formed, and replaced by a new one if not", () => {
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const trace = startTrace(parent);
    expect(trace).toMatchObject({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
      sampled: true,
    });
    expect(traceparent(trace)).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(traceparent(trace)).not.toBe(parent);
    for (const bad of [
      `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
      `00-${"a".repeat(32)}-${"0".repeat(16)}-01`,
      `ff-${"a".repeat(32)}-${"b".repeat(16)}-01`,
      "x",
    ]) {
      expect(startTrace(bad).parentSpanId).toBeUndefined();
    }
  });

  it("never throws, and always returns a valid header", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/)),
        (header) => {
          expect(traceparent(startTrace(header))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
        },
      ),
    );
  });
});

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
});
/** OTLP as JSON, as far as the tests read it. */
const otlp = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ schemaUrl: z.string(), spans: z.array(span) })) })),
});

describe("a request's trace", () => {
  let upstream: Upstream;
  let collector: Server;
  let spans: z.infer<typeof span>[];
  let schemas: string[];
  let endpoint: string;
  beforeEach(async () => {
    upstream = await startUpstream();
    spans = [];
    schemas = [];
    collector = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      if (request.url === "/v1/traces") {
        const { resourceSpans } = otlp.parse(JSON.parse(Buffer.concat(parts).toString()));
        schemas.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.map(({ schemaUrl }) => schemaUrl)));
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    const address = collector.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    endpoint = `http://127.0.0.1:${address.port}`;
  });
  afterEach(async () => {
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    await upstream.stop();
    collector.close();
    collector.closeAllConnections();
  });
  const body = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  it("is propagated to the upstream, and exported over OTLP with the same ids", async () => {
    process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`));
    await (await gateway.post("/v1/chat/completions", body, { traceparent: parent })).text();
    await gateway.stop();
    const sent = String(upstream.received[0]?.headers["traceparent"]);
    expect(sent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    const [span] = spans;
    expect(span).toMatchObject({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
      name: "chat assistant",
    });
    expect(sent.split("-")[2]).toBe(span?.spanId);
    expect(schemas).toEqual([GEN_AI_SCHEMA_URL]);
    const attributes = Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
    );
    expect(attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "keelson",
      "gen_ai.request.model": "assistant",
      "gen_ai.response.model": "assistant",
      "gen_ai.usage.input_tokens": expect.any(Number),
      "gen_ai.usage.output_tokens": expect.any(Number),
      "http.response.status_code": 200,
    });
  });

  it("is propagated without an endpoint as well, and is in the log lines of the request", async () => {
    upstream.behave((_received, response) => void response.destroy());
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const { pino } = await import("pino");
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`), {
      log: pino({ level: "warn" }, stream),
    });
    expect((await gateway.post("/v1/chat/completions", body, { traceparent: parent })).status).toBe(502);
    await gateway.stop();
    expect(String(upstream.received[0]?.headers["traceparent"])).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    expect(lines.some((line) => JSON.parse(line).traceId === "0af7651916cd43dd8448eb211c80319c")).toBe(true);
  });
});
