import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream, usage, words } from "../support/gateway/upstream.js";

describe("the official openai client", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  let client: OpenAI;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(
      planWith(`assistant: { upstreams: [{ url: "${upstream.url}", model: inner-name }] }`),
    );
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  it("chats", async () => {
    const answer = await client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content: "Hello" }],
    });
    expect(answer.choices[0]?.message.content).toBe(words.join(""));
    expect(answer.usage).toEqual(usage);
    expect(answer._request_id).toMatch(/^[0-9a-f]{24}$/);
    expect(upstream.received.at(-1)?.body).toEqual({
      model: "inner-name",
      messages: [{ role: "user", content: "Hello" }],
    });
  });

  it("streams, without the token counts that it did not request", async () => {
    const stream = await client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    const seen: string[] = [];
    for await (const chunk of stream) {
      expect(chunk.usage ?? null).toBeNull();
      expect(chunk.choices).toHaveLength(1);
      seen.push(chunk.choices[0]?.delta.content ?? "");
    }
    expect(seen.join("")).toBe(words.join(""));
    expect(upstream.received.at(-1)?.body.stream_options).toEqual({ include_usage: true });
  });

  it("streams with the token counts that it requested", async () => {
    const stream = await client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let last: OpenAI.ChatCompletionChunk | undefined;
    for await (const chunk of stream) last = chunk;
    expect(last?.usage).toEqual(usage);
  });

  it("completes", async () => {
    const whole = await client.completions.create({ model: "assistant", prompt: "Once" });
    expect(whole.choices[0]?.text).toBe(words.join(""));
    const stream = await client.completions.create({ model: "assistant", prompt: "Once", stream: true });
    const seen: string[] = [];
    for await (const chunk of stream) seen.push(chunk.choices[0]?.text ?? "");
    expect(seen.join("")).toBe(words.join(""));
  });

  it("embeds", async () => {
    const answer = await client.embeddings.create({
      model: "assistant",
      input: ["one", "two"],
      encoding_format: "float",
    });
    expect(answer.data.map(({ embedding }) => embedding)).toEqual([
      [0.25, -0.5, 0],
      [0.25, -0.5, 1],
    ]);
  });

  it("lists models and finds one", async () => {
    const list = await client.models.list();
    expect(list.data.map(({ id }) => id)).toEqual(["assistant"]);
    expect((await client.models.retrieve("assistant")).id).toBe("assistant");
    await expect(client.models.retrieve("missing")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      message: "404 the model missing does not exist",
    });
  });

  it("receives errors of the OpenAI API", async () => {
    await expect(
      client.chat.completions.create({ model: "missing", messages: [{ role: "user", content: "?" }] }),
    ).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      type: "invalid_request_error",
    });
    const unauthenticated = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "wrong", maxRetries: 0 });
    await expect(unauthenticated.models.list()).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  it("causes every response to be counted once, with the upstream's counts", async () => {
    const all = await gateway.usage.settled(7);
    // The refused request of a model that does not exist is counted too, without tokens.
    const refused = all.filter(({ status }) => status !== 200);
    expect(refused.map(({ status, inputTokens, outputTokens }) => [status, inputTokens, outputTokens])).toEqual([
      [404, 0, 0],
    ]);
    const events = all.filter(({ status }) => status === 200);
    expect(events).toHaveLength(6);
    expect(
      events.every(
        ({ estimated, organisation, keyId, model }) =>
          !estimated && organisation === "org-1" && keyId === "key-1" && model === "assistant",
      ),
    ).toBe(true);
    expect(
      events
        .filter(({ operation }) => operation === "chat")
        .map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]),
    ).toEqual([
      [11, 5],
      [11, 5],
      [11, 5],
    ]);
    expect(events.find(({ operation }) => operation === "embedding")).toMatchObject({
      inputTokens: 7,
      outputTokens: 0,
    });
  });
});
