import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gate } from "../support/gateway/gate.js";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { type Behaviour, chunk, startUpstream, type Upstream } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const body = JSON.stringify({ model: "assistant", stream: true, messages: [{ role: "user", content: "Continue" }] });

/** Streams pieces; each one after the first passes the gate before, as does the end. */
const streamed =
  (gate: Gate, pieces: number): Behaviour =>
  async ({ path, body: { model } }, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let count = 0; count < pieces && !response.destroyed; count += 1) {
      response.write(chunk(path, model, `word${count} `));
      await gate.pass();
    }
    response.end("data: [DONE]\n\n");
  };

describe("a client that disconnects", () => {
  const gate = new Gate();
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startUpstream(streamed(gate, 100));
    gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 32 }`));
  });
  afterAll(async () => {
    gate.open();
    await gateway.stop();
    await upstream.stop();
  });
  const series = async (name: string, labels?: Record<string, string>): Promise<number> =>
    metric(await gateway.metrics(), name, labels);
  /** Requests a stream and disconnects after so many pieces. */
  const leave = async (pieces: number): Promise<void> => {
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body,
      signal: leaving.signal,
    });
    const reader = answer.body?.getReader();
    for (let count = 0; count < pieces; count += 1) {
      if (count > 0) gate.release(gate.held);
      await reader?.read();
    }
    leaving.abort();
  };

  it("in the middle of a stream is still counted, and the upstream is cancelled", async () => {
    await leave(5);
    const [event] = await gateway.usage.settled(1);
    expect(event).toMatchObject({ status: 499, estimated: true });
    expect(event?.outputTokens).toBeGreaterThanOrEqual(5);
    expect(event?.outputTokens).toBeLessThan(50);
    await until(() => upstream.cancelled === 1);
    expect(await series("keelson_gateway_clients_left_total")).toBe(1);
  });

  it("with a pipelined second request has both cancelled and counted", async () => {
    const { cancelled, received } = upstream;
    const counted = gateway.usage.events.size;
    const before = received.length;
    const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
    const one = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(one + one);
    await until(() => received.length === before + 2);
    socket.destroy();
    const events = (await gateway.usage.settled(counted + 2)).slice(counted);
    expect(events.map(({ status }) => status)).toEqual([499, 499]);
    await until(() => upstream.cancelled === cancelled + 2);
    // Only the request for the metrics is in flight.
    expect(await series("keelson_http_requests_in_flight")).toBe(1);
  });

  it("in the middle of its request body releases the memory of the body", async () => {
    const start = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: 100000\r\n\r\n{"model": "assi`;
    const sockets = Array.from({ length: 20 }, () => {
      const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.write(start);
      return socket;
    });
    await until(async () => (await series("keelson_gateway_held_body_bytes")) > 0);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await series("keelson_gateway_held_body_bytes")) === 0);
    expect(await series("keelson_usage_open_intents")).toBe(0);
    expect((await fetch(`${gateway.url}/health/liveness`)).status).toBe(200);
  });

  it("releases its slot, whenever it disconnects", async () => {
    const before = upstream.received.length;
    const unanswered = Array.from({ length: 6 }, () => {
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${key}` };
      void fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body, signal: leaving.signal }).catch(
        () => undefined,
      );
      return leaving;
    });
    for (const leaving of unanswered) leaving.abort();
    await Promise.all(Array.from({ length: 18 }, (_, index) => leave(1 + (index % 3))));
    expect(upstream.received.length).toBeGreaterThanOrEqual(before + 18);
    await until(
      async () => (await series("keelson_gateway_target_in_flight", { target: "assistant-0" })) === 0,
      "no slot taken",
    );
    await until(async () => (await series("keelson_usage_open_intents")) === 0, "no open intent");
    expect(await series("keelson_gateway_held_body_bytes")).toBe(0);
  });
});

describe("a drain", () => {
  it("cuts no stream", async () => {
    const gate = new Gate();
    const upstream = await startUpstream(streamed(gate, 20));
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 32 }`));
    const streams = Array.from({ length: 8 }, async () => {
      const answer = await gateway.post("/v1/chat/completions", {
        model: "assistant",
        stream: true,
        messages: [{ role: "user", content: "Go" }],
      });
      return answer.text();
    });
    await until(() => gate.held === 8);
    const stopping = gateway.stop();
    await until(
      async () =>
        !(await fetch(gateway.url).then(
          () => true,
          () => false,
        )),
      "the drain",
    );
    gate.open();
    const texts = await Promise.all(streams);
    for (const text of texts) expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    await stopping;
    expect(gateway.usage.events.size).toBe(8);
    await upstream.stop();
  });
});
