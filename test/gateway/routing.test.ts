import { afterEach, describe, expect, it } from "vitest";
import { metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk, json, startUpstream, type Upstream, wellBehaved, words } from "../support/gateway/upstream.js";

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
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("routing over a model's servers", () => {
  it("shares by least outstanding requests and by weight", async () => {
    const heavy = await upstream();
    const light = await upstream();
    const slow: typeof wellBehaved = async (received, response) => {
      await sleep(30);
      await wellBehaved(received, response);
    };
    heavy.behave(slow);
    light.behave(slow);
    const running = await gateway(
      `assistant: { upstreams: ${urls({ ...heavy, weight: 3 } as Upstream & { weight: number }, light)}, concurrency: 64 }`,
    );
    await Promise.all(Array.from({ length: 80 }, () => chat(running).then((answer) => answer.text())));
    expect(heavy.received.length + light.received.length).toBe(80);
    expect(heavy.received.length / light.received.length).toBeGreaterThan(2);
    expect(heavy.received.length / light.received.length).toBeLessThan(4.5);
  });

  it("asks another server when one fails before its first byte, and leaves a failing one out", async () => {
    const broken = await upstream((_received, response) => void response.destroy());
    const sound = await upstream();
    const running = await gateway(`assistant: { upstreams: ${urls(broken, sound)}, concurrency: 16 }`);
    for (let count = 0; count < 30; count += 1) {
      const answer = await chat(running, { stream: count % 2 === 0 });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(words[0]);
    }
    // Three failures in a row put it out; it gets only probes after its pauses.
    expect(broken.received.length).toBeLessThan(8);
    const text = await running.metrics();
    expect(metric(text, "keelson_gateway_retries_total")).toBeGreaterThanOrEqual(3);
    expect(metric(text, "keelson_gateway_target_up", { target: "assistant-0" })).toBe(0);
    expect(metric(text, "keelson_gateway_target_up", { target: "assistant-1" })).toBe(1);
    expect(await running.usage.settled(30)).toHaveLength(30);
  });

  it("asks another server when one answers 503", async () => {
    const full = await upstream((_received, response) => json(response, 503, { error: { message: "full" } }));
    const sound = await upstream();
    const running = await gateway(`assistant: { upstreams: ${urls(full, sound)} }`);
    for (let count = 0; count < 8; count += 1) expect((await chat(running)).status).toBe(200);
  });

  it("passes a client's error on and asks nobody else", async () => {
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

  it("does not tell a client that our own upstream key was refused as if it were theirs", async () => {
    const locked = await upstream((_received, response) => json(response, 401, { error: { message: "bad key" } }));
    const running = await gateway(`assistant: { upstreams: ${urls(locked)} }`);
    const answer = await chat(running);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: "upstream_failed", type: "server_error" } });
  });

  it("holds a request while its server restarts", async () => {
    const first = await startUpstream();
    const running = await gateway(`assistant: { upstreams: ${urls(first)} }`);
    expect((await chat(running)).status).toBe(200);
    await first.stop();
    const waiting = chat(running);
    await sleep(1500);
    await upstream(wellBehaved, Number(new URL(first.url).port));
    expect((await waiting).status).toBe(200);
  });

  it("never tries again after the first byte: the answer ends as broken, and what came is counted", async () => {
    const fragile = await upstream((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk("/v1/chat/completions", "m", "Fair "));
      setTimeout(() => response.destroy(), 50);
    });
    const spare = await upstream();
    fragile.received.length = 0;
    const running = await gateway(`assistant: { upstreams: ${urls(fragile)} }\nother: { upstreams: ${urls(spare)} }`);
    const text = await (await chat(running, { stream: true })).text();
    expect(text).toContain("Fair ");
    expect(text).toContain('"code":"upstream_failed"');
    expect(text).not.toContain("[DONE]");
    expect(fragile.received).toHaveLength(1);
    const [event] = await running.usage.settled(1);
    expect(event).toMatchObject({ status: 502, outputTokens: 1, estimated: true });
  });

  it("answers from the fallback when a model has no server that works, if the key may use it", async () => {
    const spare = await upstream();
    const running = await gateway(
      `assistant: { upstreams: "http://127.0.0.1:9", fallback: spare, queue: { deadline: 1s } }\nspare: { upstreams: ${urls(spare)} }`,
    );
    const answer = await chat(running);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-keelson-model")).toBe("spare");
    const [event] = await running.usage.settled(1);
    expect(event).toMatchObject({ model: "spare", status: 200 });
    running.accounts.add("narrow", { models: ["assistant"] });
    const refused = await running.post("/v1/chat/completions", hello, { authorization: "Bearer narrow" });
    expect([502, 503]).toContain(refused.status);
  });
});

describe("the queue before a model", () => {
  const slow: typeof wellBehaved = async (received, response) => {
    await sleep(400);
    await wellBehaved(received, response);
  };

  it("works on as many at once as the model may, and keeps the rest waiting in order", async () => {
    const server = await upstream(slow);
    const running = await gateway(
      `assistant: { upstreams: ${urls(server)}, concurrency: 2, queue: { length: 10, deadline: 10s } }`,
    );
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(running)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(Date.now() - began).toBeGreaterThan(1100);
  });

  it("refuses what is beyond its length with 429 and when to come again", async () => {
    const server = await upstream(slow);
    const running = await gateway(
      `assistant: { upstreams: ${urls(server)}, concurrency: 1, queue: { length: 2, deadline: 10s } }`,
    );
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(running)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(3);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused[0]?.json()).toMatchObject({ error: { code: "queue_full", type: "rate_limit_error" } });
    expect(metric(await running.metrics(), "keelson_gateway_refused_total", { code: "queue_full" })).toBe(3);
  });

  it("refuses who has waited longer than the deadline with 503", async () => {
    const server = await upstream(async (received, response) => {
      await sleep(2500);
      await wellBehaved(received, response);
    });
    const running = await gateway(
      `assistant: { upstreams: ${urls(server)}, concurrency: 1, queue: { length: 5, deadline: 1s } }`,
    );
    const first = chat(running);
    await sleep(50);
    const second = await chat(running);
    expect(second.status).toBe(503);
    expect(await second.json()).toMatchObject({ error: { code: "queue_deadline" } });
    expect(second.headers.get("retry-after")).not.toBeNull();
    expect((await first).status).toBe(200);
  });

  it("forgets who left", async () => {
    const server = await upstream(slow);
    const running = await gateway(
      `assistant: { upstreams: ${urls(server)}, concurrency: 1, queue: { length: 5, deadline: 10s } }`,
    );
    const first = chat(running);
    await sleep(50);
    const leaver = new AbortController();
    const left = fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer kls_test_key_of_the_tests" },
      body: JSON.stringify(hello),
      signal: leaver.signal,
    }).catch(() => "left");
    await sleep(50);
    expect(metric(await running.metrics(), "keelson_gateway_queue_waiting", { model: "assistant" })).toBe(1);
    leaver.abort();
    expect(await left).toBe("left");
    expect((await first).status).toBe(200);
    await sleep(100);
    expect(metric(await running.metrics(), "keelson_gateway_queue_waiting", { model: "assistant" })).toBe(0);
    expect(server.received).toHaveLength(1);
  });
});

describe("a large answer that is one document", () => {
  const vector = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index / 7));
  const document = `{"object":"list","data":[{"index":0,"embedding":${vector}}],"usage":{"prompt_tokens":21,"total_tokens":21}}`;
  const ask = { model: "assistant", input: "x" };

  it("goes through as it comes, its end only once it is counted", async () => {
    const server = await upstream((_received, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (let at = 0; at < document.length; at += 100_000) response.write(document.slice(at, at + 100_000));
      response.end();
    });
    const running = await gateway(`assistant: { upstreams: ${urls(server)} }`);
    const answer = await running.post("/v1/embeddings", ask);
    expect((await answer.text()) === document).toBe(true);
    expect(await running.usage.settled(1)).toMatchObject([
      { inputTokens: 21, outputTokens: 0, estimated: false, status: 200 },
    ]);
    const tags = await running.post("/api/embed", ask);
    expect(((await tags.json()) as { embeddings: number[][] }).embeddings[0]).toHaveLength(200_000);
  });

  it("that breaks off is never taken for whole", async () => {
    const server = await upstream((_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": document.length });
      response.write(document.slice(0, 2_000_000));
      setTimeout(() => response.destroy(), 300);
    });
    const running = await gateway(`assistant: { upstreams: ${urls(server)} }`);
    const answer = await running.post("/v1/embeddings", ask);
    await expect(answer.text()).rejects.toThrow();
    expect(await running.usage.settled(1)).toMatchObject([{ status: 502, estimated: true }]);
  });
});
