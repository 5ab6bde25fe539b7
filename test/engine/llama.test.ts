import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { llamaCppMissing } from "../../src/runtime/engine/engines/llama-cpp.js";
import { startOnTinyModel, type TinyModelGateway } from "../support/engine/tiny-model.js";
import { descendantsOf } from "../support/gateway/children.js";

const missing = llamaCppMissing();

describe.skipIf(missing !== undefined)("llama.cpp in a child process, with a real GGUF file of random weights", () => {
  let gateway: TinyModelGateway;
  let client: OpenAI;

  beforeAll(async () => {
    gateway = await startOnTinyModel(
      (file) => `assistant: { engine: llama.cpp, source: ${file}, concurrency: 4, context: 1024 }
embedder: { engine: llama.cpp, source: ${file}, embeddings: true }`,
    );
    client = gateway.openai;
  });
  afterAll(() => gateway?.stop());

  const ask = { model: "assistant", messages: [{ role: "user" as const, content: "The ship and the sea" }], seed: 11 };

  it("queues the first request until the model is loaded, then responds with its chat template", async () => {
    const answer = await client.chat.completions.create({ ...ask, max_tokens: 24 });
    expect(answer.choices[0]?.message.content).not.toBe("");
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(10);
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(24);
    expect(["stop", "length"]).toContain(answer.choices[0]?.finish_reason);
  });

  it("streams the same text that it returns without streaming, for the same seed", async () => {
    const settings = { ...ask, temperature: 0, max_tokens: 30 };
    const whole = await client.chat.completions.create(settings);
    const stream = await client.chat.completions.create({
      ...settings,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens);
  });

  it("follows a JSON schema, although its weights are random", async () => {
    const schema = {
      type: "object",
      properties: { port: { enum: ["Kiel", "Brest"] }, berth: { type: "integer" }, free: { type: "boolean" } },
      required: ["port", "berth", "free"],
      additionalProperties: false,
    };
    for (const seed of [1, 2, 3]) {
      const answer = await client.chat.completions.create({
        ...ask,
        seed,
        max_tokens: 400,
        response_format: { type: "json_schema", json_schema: { name: "berth", strict: true, schema } },
      });
      const value = JSON.parse(answer.choices[0]?.message.content ?? "");
      expect(["Kiel", "Brest"]).toContain(value.port);
      expect(Number.isInteger(value.berth)).toBe(true);
      expect(typeof value.free).toBe("boolean");
    }
  });

  it("completes a text without a template, and stops at the stop sequence", async () => {
    const answer = await client.completions.create({ model: "assistant", prompt: "the sea", max_tokens: 8, seed: 4 });
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(8);
  });

  it("returns embeddings: equal for equal texts, of one length, different for different texts", async () => {
    const { data, usage } = await client.embeddings.create({
      model: "embedder",
      input: ["the ship", "the sea", "the ship"],
      encoding_format: "float",
    });
    const [ship, sea, again] = data.map(({ embedding }) => embedding);
    expect(ship).toHaveLength(64);
    expect(again).toEqual(ship);
    expect(sea).not.toEqual(ship);
    expect(usage.prompt_tokens).toBeGreaterThan(3);
  });

  it("responds with 400 to a prompt beyond its context, and to chats with an embedding model", async () => {
    await expect(
      client.chat.completions.create({
        model: "assistant",
        messages: [{ role: "user", content: "sea ".repeat(3000) }],
      }),
    ).rejects.toMatchObject({ status: 400 });
    await expect(client.chat.completions.create({ ...ask, model: "embedder" })).rejects.toMatchObject({ status: 400 });
    await expect(client.embeddings.create({ model: "assistant", input: "x" })).rejects.toMatchObject({
      status: 400,
      param: "model",
      code: "unsupported",
    });
    await expect(client.embeddings.create({ model: "embedder", input: "x", dimensions: 8 })).rejects.toMatchObject({
      status: 400,
      param: "dimensions",
    });
    await expect(client.chat.completions.create({ ...ask, temperature: 9 })).rejects.toMatchObject({ status: 400 });
  });

  it("processes several requests at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, seed) => client.chat.completions.create({ ...ask, seed, max_tokens: 16 })),
    );
    expect(answers.every(({ usage }) => (usage?.completion_tokens ?? 0) >= 0)).toBe(true);
  });

  it("is restarted after kill -9, and requests wait for it", async () => {
    const before = descendantsOf(process.pid).filter(({ command }) => command.includes("engine/child/main.js"));
    expect(before).toHaveLength(2);
    for (const { pid } of before) process.kill(pid, "SIGKILL");
    const answer = await client.chat.completions.create({ ...ask, max_tokens: 8 });
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
    const after = descendantsOf(process.pid).filter(({ command }) => command.includes("engine/child/main.js"));
    expect(after.length).toBeGreaterThanOrEqual(1);
    for (const { pid } of after) expect(before.map((child) => child.pid)).not.toContain(pid);
  });

  it("leaves no child behind", async () => {
    await gateway.stop();
    expect(descendantsOf(process.pid).filter(({ command }) => command.includes("engine/child/main.js"))).toEqual([]);
  });
});
