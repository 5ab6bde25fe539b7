import { afterEach, describe, expect, it } from "vitest";
import { MAX_FAILURES } from "../../src/runtime/gateway/routing/health.js";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { json, startUpstream, type Upstream, wellBehaved } from "../support/gateway/upstream.js";
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

async function gatewayOver(servers: readonly Upstream[], settings = "concurrency: 16"): Promise<TestGateway> {
  const urls = servers.map(({ url }) => `{ url: "${url}" }`).join(", ");
  const started = await startTestGateway(planWith(`assistant: { upstreams: [${urls}], ${settings} }`));
  stops.push(started.stop);
  return started;
}

const hello = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
const chat = (running: TestGateway): Promise<Response> => running.post("/v1/chat/completions", hello);
const isUp = async (running: TestGateway, target: string): Promise<boolean> =>
  metric(await running.metrics(), "keelson_gateway_target_up", { target }) === 1;

describe("a server that is not healthy", () => {
  it.each([401, 403])(
    "that refuses the gateway's key with %i receives no more requests, and no client receives an error",
    async (status) => {
      const refusing = await upstream((_received, response) =>
        json(response, status, { error: { message: "bad key" } }),
      );
      const healthy = await upstream();
      const running = await gatewayOver([refusing, healthy]);
      let sent = 0;
      // Read at once after the last failure: the first ejection lasts one second.
      for (; sent < 60 && refusing.received.length < MAX_FAILURES; sent += 1)
        expect((await chat(running)).status).toBe(200);
      expect(await isUp(running, "assistant-0")).toBe(false);
      for (; sent < 60; sent += 1) expect((await chat(running)).status).toBe(200);
      expect(refusing.received.length).toBeLessThan(8);
      expect(await isUp(running, "assistant-1")).toBe(true);
    },
  );

  it("that does not serve the model is skipped, and remains available for other requests", async () => {
    const without = await upstream((_received, response) => json(response, 404, { error: { message: "no model" } }));
    const healthy = await upstream();
    const running = await gatewayOver([without, healthy]);
    for (let count = 0; count < 10; count += 1) expect((await chat(running)).status).toBe(200);
    expect(await isUp(running, "assistant-0")).toBe(true);
  });

  it("that hangs is ejected, although every client disconnects before the gateway's timeout", async () => {
    const hung = await upstream(() => {});
    const healthy = await upstream();
    const running = await gatewayOver([hung, healthy]);
    const disconnecting = async (): Promise<number | "timeout"> =>
      fetch(`${running.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(hello),
        signal: AbortSignal.timeout(400),
      }).then(
        ({ status }) => status,
        () => "timeout" as const,
      );
    for (let round = 0; round < 10 && (await isUp(running, "assistant-0")); round += 1)
      await Promise.all(Array.from({ length: 6 }, disconnecting));
    expect(await isUp(running, "assistant-0")).toBe(false);
    expect(hung.received.length).toBeLessThanOrEqual(40);
    expect(await isUp(running, "assistant-1")).toBe(true);
    expect(await disconnecting()).toBe(200);
  });

  it("does not block the requests that wait behind a retry", async () => {
    const gates: (() => void)[] = [];
    const busy = await upstream(async (_received, response) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      json(response, 200, {
        id: "a",
        object: "chat.completion",
        choices: [{ index: 0, message: { role: "assistant", content: "Aye" } }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      });
    });
    const failing = await upstream();
    failing.behave((_received, response) => json(response, 500, { error: { message: "broken" } }));
    const running = await gatewayOver([busy, failing], "concurrency: 1, queue: { length: 20, deadline: 20s }");
    const first = chat(running);
    await until(() => gates.length === 1);
    // It fails at the other server, and its retry waits for this one.
    const second = chat(running);
    await until(
      async () => metric(await running.metrics(), "keelson_gateway_queue_waiting", { model: "assistant" }) === 1,
    );
    failing.behave(wellBehaved);
    const newcomer = await chat(running);
    expect(newcomer.status).toBe(200);
    expect(gates).toHaveLength(1);
    gates[0]?.();
    await until(() => gates.length === 2);
    gates[1]?.();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
  });

  it("receives as many requests at once as the model's concurrency permits, also more than 1,024", async () => {
    const waiting: (() => void)[] = [];
    const server = await upstream(async (received, response) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      await wellBehaved(received, response);
    });
    const running = await gatewayOver([server], "concurrency: 1100, queue: { length: 10, deadline: 30s }");
    expect(metric(await running.metrics(), "keelson_gateway_target_limit", { target: "assistant-0" })).toBe(1100);
    const answers = Array.from({ length: 1101 }, () => chat(running));
    await until(() => waiting.length === 1100);
    expect(metric(await running.metrics(), "keelson_gateway_queue_waiting", { model: "assistant" })).toBe(1);
    const release = setInterval(() => {
      for (const resolve of waiting.splice(0)) resolve();
    }, 5);
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
    clearInterval(release);
  });
});
