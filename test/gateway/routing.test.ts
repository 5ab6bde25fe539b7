import { afterEach, describe, expect, it } from "vitest";
import { Gate } from "../support/gateway/gate.js";
import { key, keyNamed, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import {
  type Behaviour,
  chunk,
  json,
  startUpstream,
  type Upstream,
  wellBehaved,
  words,
} from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function upstream(...settings: Parameters<typeof startUpstream>): Promise<Upstream> {
  const started = await startUpstream(...settings);
  stops.push(started.stop);
  return started;
}

async function gateway(models: string): Promise<TestGateway> {
  const started = await startTestGateway(planWith(models));
  stops.push(started.stop);
  return started;
}

const hello = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
const chat = (running: TestGateway, extra: object = {}): Promise<Response> =>
  running.post("/v1/chat/completions", { ...hello, ...extra });
const urls = (...servers: readonly (Upstream & { weight?: number })[]): string =>
  `[${servers.map(({ url, weight }) => `{ url: "${url}", weight: ${weight ?? 1} }`).join(", ")}]`;

/** A server that holds each request at `gate` before it responds. */
const heldAt =
  (gate: Gate): Behaviour =>
  async (received, response) => {
    await gate.pass();
    await wellBehaved(received, response);
  };

const queued = async (running: TestGateway): Promise<number> =>
  metric(await running.metrics(), "keelson_gateway_queue_waiting", { model: "assistant" });

describe("routing over a model's servers", () => {
  it("shares by least outstanding requests and by weight", async () => {
    const gate = new Gate();
    const heavy = await upstream(heldAt(gate));
    const light = await upstream(heldAt(gate));
    const running = await gateway(
      `assistant: { upstreams: ${urls({ ...heavy, weight: 3 } as Upstream & { weight: number }, light)}, concurrency: 64 }`,
    );
    const answers = Array.from({ length: 80 }, () => chat(running).then((answer) => answer.text()));
    await until(() => gate.held === 80);
    expect([heavy.received.length, light.received.length]).toEqual([60, 20]);
    gate.open();
    await Promise.all(answers);
  });

  it("retries at another server when one fails before its first byte, and ejects a failing one", async () => {
    const broken = await upstream((_received, response) => void response.destroy());
    const sound = await upstream();
    const running = await gateway(`assistant: { upstreams: ${urls(broken, sound)}, concurrency: 16 }`);
    for (let count = 0; count < 30; count += 1) {
      const answer = await chat(running, { stream: count % 2 === 0 });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(words[0]);
    }
    // Three failures in a row eject it; then it gets one request after each ejection.
    expect(broken.received.length).toBeLessThan(8);
    const text = await running.metrics();
    expect(metric(text, "keelson_gateway_retries_total")).toBeGreaterThanOrEqual(3);
    expect(metric(text, "keelson_gateway_target_up", { target: "assistant-0" })).toBe(0);
    expect(metric(text, "keelson_gateway_target_up", { target: "assistant-1" })).toBe(1);
    expect(await running.usage.settled(30)).toHaveLength(30);
  });

  it("retries at another server if one returns 503", async () => {
    const full = await upstream((_received, response) => json(response, 503, { error: { message: "full" } }));
    const sound = await upstream();
    const running = await gateway(`assistant: { upstreams: ${urls(full, sound)} }`);
    for (let count = 0; count < 8; count += 1) expect((await chat(running)).status).toBe(200);
  });

  it("returns an error of the request to the client, without a retry", async () => {
    const strict = await upstream((_received, response) =>
      json(response, 400, {
        error: { message: "temperature: too high", type: "invalid_request_error", param: "temperature", code: null },
      }),
    );
    const other = await upstream((_received, response) =>
      json(response, 400, { error: { message: "temperature: too high" } }),
    );
    const running = await gateway(`assistant: { upstreams: ${urls(strict, other)} }`);
    const answer = await chat(running, { temperature: 9 });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { message: "temperature: too high" } });
    expect(strict.received.length + other.received.length).toBe(1);
  });

  it("returns 502 if the upstream refuses the gateway's own key", async () => {
    const locked = await upstream((_received, response) => json(response, 401, { error: { message: "bad key" } }));
    const running = await gateway(`assistant: { upstreams: ${urls(locked)} }`);
    const answer = await chat(running);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: "upstream_failed", type: "server_error" } });
  });

  it.each([201, 204, 301, 307])(
    "uses another server if one responds with status %i, and returns 502 without one",
    async (status) => {
      const wrong = await upstream((_received, response) => {
        response.writeHead(status, { location: "http://127.0.0.1:9/v1", "content-type": "text/plain" });
        response.end(status === 204 ? undefined : "x".repeat(100_000));
      });
      const sound = await upstream();
      const running = await gateway(
        `assistant: { upstreams: ${urls(wrong, sound)} }\nalone: { upstreams: ${urls(wrong)} }`,
      );
      for (let count = 0; count < 4; count += 1) {
        const response = await chat(running);
        expect(response.status).toBe(200);
        expect(await response.text()).toContain(words[0]);
      }
      const refused = await chat(running, { model: "alone" });
      expect(refused.status).toBe(502);
      expect(refused.headers.get("location")).toBeNull();
      expect(await refused.json()).toMatchObject({ error: { code: "upstream_failed" } });
    },
  );

  it("holds a request while its server restarts", async () => {
    const first = await startUpstream();
    const running = await gateway(`assistant: { upstreams: ${urls(first)} }`);
    expect((await chat(running)).status).toBe(200);
    await first.stop();
    const waiting = chat(running);
    await until(async () => metric(await running.metrics(), "keelson_gateway_retries_total") >= 3);
    await upstream(wellBehaved, Number(new URL(first.url).port));
    expect((await waiting).status).toBe(200);
  });

  it("does not retry after the first byte: the response ends with an error, and its output is counted", async () => {
    const gate = new Gate();
    const fragile = await upstream(async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk("/v1/chat/completions", "m", "Fair "));
      await gate.pass();
      response.destroy();
    });
    const spare = await upstream();
    fragile.received.length = 0;
    const running = await gateway(`assistant: { upstreams: ${urls(fragile)} }\nother: { upstreams: ${urls(spare)} }`);
    const answer = await chat(running, { stream: true });
    gate.open();
    const text = await answer.text();
    expect(text).toContain("Fair ");
    expect(text).toContain('"code":"upstream_failed"');
    expect(text).not.toContain("[DONE]");
    expect(fragile.received).toHaveLength(1);
    const [event] = await running.usage.settled(1);
    expect(event).toMatchObject({ status: 502, outputTokens: 1, estimated: true });
  });

  it("uses the fallback if no server of a model works and the key may use it", async () => {
    const spare = await upstream();
    const running = await gateway(
      `assistant: { upstreams: "http://127.0.0.1:9", fallback: spare, queue: { deadline: 1s } }\nspare: { upstreams: ${urls(spare)} }`,
    );
    const answer = await chat(running);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-keelson-model")).toBe("spare");
    const [event] = await running.usage.settled(1);
    expect(event).toMatchObject({ model: "spare", status: 200 });
    running.accounts.add(keyNamed("narrow"), { models: ["assistant"] });
    const refused = await running.post("/v1/chat/completions", hello, {
      authorization: `Bearer ${keyNamed("narrow")}`,
    });
    expect([502, 503]).toContain(refused.status);
  });
});

describe("the queue of a model", () => {
  /** A model with one server, whose responses wait at the gate. */
  async function heldModel(settings: string): Promise<{ running: TestGateway; gate: Gate; server: Upstream }> {
    const gate = new Gate();
    const server = await upstream(heldAt(gate));
    return { running: await gateway(`assistant: { upstreams: ${urls(server)}, ${settings} }`), gate, server };
  }

  it("sends as many requests at once as the model may have, and the others in order of arrival", async () => {
    const { running, gate, server } = await heldModel("concurrency: 2, queue: { length: 10, deadline: 30s }");
    const answers: Promise<Response>[] = [];
    for (let index = 0; index < 6; index += 1) {
      answers.push(chat(running, { messages: [{ role: "user", content: String(index) }] }));
      await until(async () => server.received.length + (await queued(running)) === index + 1);
    }
    for (let answered = 0; answered < 6; answered += 1) {
      expect(gate.held).toBe(Math.min(2, 6 - answered));
      gate.release();
      await until(() => server.received.length === Math.min(6, answered + 3));
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(server.received.map(({ body }) => body.messages?.[0]?.content)).toEqual(["0", "1", "2", "3", "4", "5"]);
  });

  it("refuses requests above its length with 429 and Retry-After", async () => {
    const { running, gate } = await heldModel("concurrency: 1, queue: { length: 2, deadline: 30s }");
    const answers = Array.from({ length: 6 }, () => chat(running));
    await until(
      async () => metric(await running.metrics(), "keelson_gateway_refused_total", { code: "queue_full" }) === 3,
    );
    gate.open();
    const refused = (await Promise.all(answers)).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(3);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused[0]?.json()).toMatchObject({ error: { code: "queue_full", type: "rate_limit_error" } });
  });

  it("refuses requests that have waited until the deadline with 503", async () => {
    const { running, gate } = await heldModel("concurrency: 1, queue: { length: 5, deadline: 1s }");
    const first = chat(running);
    await until(() => gate.held === 1);
    const second = await chat(running);
    expect(second.status).toBe(503);
    expect(await second.json()).toMatchObject({ error: { code: "queue_deadline" } });
    expect(second.headers.get("retry-after")).not.toBeNull();
    gate.open();
    expect((await first).status).toBe(200);
  });

  it("removes requests whose client has disconnected", async () => {
    const { running, gate, server } = await heldModel("concurrency: 1, queue: { length: 5, deadline: 30s }");
    const first = chat(running);
    await until(() => gate.held === 1);
    const leaver = new AbortController();
    const left = fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(hello),
      signal: leaver.signal,
    }).catch(() => "left");
    await until(async () => (await queued(running)) === 1);
    leaver.abort();
    expect(await left).toBe("left");
    await until(async () => (await queued(running)) === 0);
    gate.open();
    expect((await first).status).toBe(200);
    expect(server.received).toHaveLength(1);
  });
});

describe("a large response that is one document", () => {
  const vector = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index / 7));
  const document = `{"object":"list","data":[{"index":0,"embedding":${vector}}],"usage":{"prompt_tokens":21,"total_tokens":21}}`;
  const request = { model: "assistant", input: "x" };

  it("is forwarded as it arrives, its end only once it is counted", async () => {
    const server = await upstream((_received, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (let at = 0; at < document.length; at += 100_000) response.write(document.slice(at, at + 100_000));
      response.end();
    });
    const running = await gateway(`assistant: { upstreams: ${urls(server)} }`);
    const answer = await running.post("/v1/embeddings", request);
    expect((await answer.text()) === document).toBe(true);
    expect(await running.usage.settled(1)).toMatchObject([
      { inputTokens: 21, outputTokens: 0, estimated: false, status: 200 },
    ]);
    const tags = await running.post("/api/embed", request);
    expect(((await tags.json()) as { embeddings: number[][] }).embeddings[0]).toHaveLength(200_000);
  });

  it("that is interrupted never appears complete", async () => {
    const gate = new Gate();
    const server = await upstream(async (_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": document.length });
      response.write(document.slice(0, 2_000_000));
      await gate.pass();
      response.destroy();
    });
    const running = await gateway(`assistant: { upstreams: ${urls(server)} }`);
    const answer = await running.post("/v1/embeddings", request);
    gate.open();
    await expect(answer.text()).rejects.toThrow();
    expect(await running.usage.settled(1)).toMatchObject([{ status: 502, estimated: true }]);
  });
});
