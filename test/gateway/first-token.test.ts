import { setTimeout as after } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk, json, startUpstream, type Upstream } from "../support/gateway/upstream.js";

let upstream: Upstream;
let gateway: TestGateway;
afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
});

const ask = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };

it("the usage of a stream has the time until the first output of the model, not until the head of the response", async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  upstream = await startUpstream(async ({ path, body }, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    // The role of the answer, which a server sends before the prompt is processed.
    response.write(
      `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", choices: [{ index: 0, delta: { role: "assistant" } }] })}\n\n`,
    );
    await released;
    response.write(chunk(path, String(body.model), "Aye"));
    response.end(`${chunk(path, String(body.model), "", "stop")}data: [DONE]\n\n`);
  });
  gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`));
  const answer = await gateway.post("/v1/chat/completions", { ...ask, stream: true });
  const reader = answer.body?.getReader();
  await reader?.read();
  const headAt = performance.now();
  while (performance.now() - headAt < 40) await after(5);
  const waitedMs = performance.now() - headAt;
  release();
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read());
  const [event] = await gateway.usage.settled(1);
  expect(event?.firstTokenMs).toBeGreaterThanOrEqual(Math.floor(waitedMs));
  expect(event?.firstTokenMs).toBeLessThanOrEqual(event?.durationMs ?? 0);
});

it("the usage of a document has none", async () => {
  upstream = await startUpstream((_, response) =>
    json(response, 200, {
      id: "x",
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: "Aye" }, finish_reason: "stop" }],
    }),
  );
  gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`));
  await (await gateway.post("/v1/chat/completions", ask)).text();
  const [event] = await gateway.usage.settled(1);
  expect(event).toMatchObject({ status: 200, firstTokenMs: null });
});
