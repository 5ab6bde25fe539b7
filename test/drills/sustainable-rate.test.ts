import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sustainableRate } from "../../src/recovery/drills/load.js";

const MAX_PER_SECOND = 15;
const completion = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: "yes" } }],
  usage: { completion_tokens: 1 },
});

/** A model that answers one chat after the other, each after this time; undefined: it fails. */
let answerMs: number | undefined;
let previous = Promise.resolve();

function answer(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "x-request-id": "1" });
  response.end(completion);
}

const server = createServer((request, response) => {
  request.resume();
  const ms = answerMs;
  if (ms === undefined) {
    response.writeHead(503);
    response.end();
    return;
  }
  previous = previous.then(() => new Promise((resolve) => setTimeout(resolve, ms))).then(() => answer(response));
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

const rate = (ms: number | undefined) => {
  answerMs = ms;
  const { port } = server.address() as AddressInfo;
  return sustainableRate({ url: `http://127.0.0.1:${port}`, apiKey: "k", model: "assistant" }, MAX_PER_SECOND);
};

describe("the rate of a drill's chats", () => {
  it("is at most half of what a slow model answers", async () => {
    const perSecond = await rate(100);
    expect(perSecond).toBeGreaterThanOrEqual(1);
    expect(perSecond).toBeLessThanOrEqual(5);
  });

  it("is no more than the maximum for a fast model", async () => {
    expect(await rate(0)).toBeLessThanOrEqual(MAX_PER_SECOND);
  });

  it("is at least one per second, however slow the model is", async () => {
    expect(await rate(300)).toBe(1);
  });

  it("is one per second if the model does not answer several at once: more load would measure itself", async () => {
    expect(await rate(undefined)).toBe(1);
  });
});
