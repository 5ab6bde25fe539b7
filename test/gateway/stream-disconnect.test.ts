import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk, startUpstream, type Upstream } from "../support/gateway/upstream.js";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("a client that leaves", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startUpstream(async ({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let count = 0; count < 100 && !response.destroyed; count += 1) {
        response.write(chunk(path, body.model, `word${count} `));
        await sleep(20);
      }
      response.end("data: [DONE]\n\n");
    });
    gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 32 }`));
  });
  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });
  const body = JSON.stringify({ model: "assistant", stream: true, messages: [{ role: "user", content: "Go on" }] });

  it("in the middle of a stream is still counted, and the upstream is cancelled", async () => {
    const leave = new AbortController();
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body,
      signal: leave.signal,
    });
    const reader = answer.body?.getReader();
    for (let pieces = 0; pieces < 5; pieces += 1) await reader?.read();
    leave.abort();
    const [event] = await gateway.usage.settled(1);
    expect(event).toMatchObject({ status: 499, estimated: true });
    expect(event?.outputTokens).toBeGreaterThanOrEqual(5);
    expect(event?.outputTokens).toBeLessThan(50);
    for (let waited = 0; waited < 2000 && upstream.cancelled === 0; waited += 20) await sleep(20);
    expect(upstream.cancelled).toBe(1);
    expect(metric(await gateway.metrics(), "keelson_gateway_clients_left_total")).toBe(1);
  });

  it("with a second request sent behind the first has both cancelled and counted", async () => {
    const [cancelled, counted, asked] = [upstream.cancelled, gateway.usage.events.size, upstream.received.length];
    const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
    const one = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(one + one);
    for (let waited = 0; waited < 5000 && upstream.received.length < asked + 2; waited += 20) await sleep(20);
    socket.destroy();
    const events = (await gateway.usage.settled(counted + 2)).slice(counted);
    expect(events.map(({ status }) => status)).toEqual([499, 499]);
    for (let waited = 0; waited < 2000 && upstream.cancelled < cancelled + 2; waited += 20) await sleep(20);
    expect(upstream.cancelled).toBe(cancelled + 2);
    // The one that asks.
    expect(metric(await gateway.metrics(), "keelson_http_requests_in_flight")).toBe(1);
  });

  it("in the middle of its request body costs nothing and is forgotten", async () => {
    for (let count = 0; count < 20; count += 1) {
      const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: 100000\r\n\r\n{"model": "assi`,
      );
      await sleep(5);
      socket.destroy();
    }
    await sleep(200);
    const text = await gateway.metrics();
    expect(metric(text, "keelson_gateway_held_body_bytes")).toBe(0);
    expect(metric(text, "keelson_usage_open_intents")).toBe(0);
    expect((await fetch(`${gateway.url}/health/liveness`)).status).toBe(200);
  });

  it("by the dozen leaves no place taken", async () => {
    await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const leave = new AbortController();
        setTimeout(() => leave.abort(), 10 + index * 8);
        await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}` },
          body,
          signal: leave.signal,
        })
          .then((answer) => answer.text())
          .catch(() => undefined);
      }),
    );
    for (let waited = 0; waited < 3000; waited += 50) {
      const text = await gateway.metrics();
      if (
        metric(text, "keelson_gateway_target_in_flight", { target: "assistant-0" }) === 0 &&
        metric(text, "keelson_usage_open_intents") === 0
      )
        break;
      await sleep(50);
    }
    const text = await gateway.metrics();
    expect(metric(text, "keelson_gateway_target_in_flight", { target: "assistant-0" })).toBe(0);
    expect(metric(text, "keelson_usage_open_intents")).toBe(0);
    expect(metric(text, "keelson_gateway_held_body_bytes")).toBe(0);
  });
});

describe("a drain", () => {
  it("cuts no stream", async () => {
    const upstream = await startUpstream(async ({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let count = 0; count < 20; count += 1) {
        response.write(chunk(path, body.model, `word${count} `));
        await sleep(50);
      }
      response.end("data: [DONE]\n\n");
    });
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 32 }`));
    const streams = Array.from({ length: 8 }, async () => {
      const answer = await gateway.post("/v1/chat/completions", {
        model: "assistant",
        stream: true,
        messages: [{ role: "user", content: "Go" }],
      });
      return answer.text();
    });
    await sleep(300);
    const stopping = gateway.stop();
    const texts = await Promise.all(streams);
    for (const text of texts) expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    await stopping;
    expect(gateway.usage.events.size).toBe(8);
    await upstream.stop();
  });
});
