import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { llamaChild, llamaCppMissing } from "../../src/runtime/engine/engines/llama-cpp.js";
import { startOnTinyModel, type TinyModelGateway } from "../support/engine/tiny-model.js";
import { descendantsOf } from "../support/gateway/children.js";
import { metric, planWith } from "../support/gateway/gateway.js";

const missing = llamaCppMissing();

describe.skipIf(missing !== undefined)("llama.cpp in a child process, with a real GGUF file of random weights", () => {
  let gateway: TinyModelGateway;
  let client: OpenAI;

  beforeAll(async () => {
    gateway = await startOnTinyModel(
      (file) => `assistant: { engine: llama.cpp, source: ${file}, concurrency: 4, context: 1024 }
embedder: { engine: llama.cpp, source: ${file}, embeddings: true }
wide: { engine: llama.cpp, source: ${file}, concurrency: 20, context: 512 }
wider: { engine: llama.cpp, source: ${file}, concurrency: 257, context: 128 }`,
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

  it("completes prompts of token ids, and lists of prompts, and refuses ids that its vocabulary lacks", async () => {
    const request = { model: "assistant", temperature: 0, seed: 3, max_tokens: 8 };
    const one = await client.completions.create({ ...request, prompt: [5, 6, 7] });
    expect(one.usage?.prompt_tokens).toBe(3);
    const both = await client.completions.create({
      ...request,
      prompt: [
        [5, 6, 7],
        [8, 9],
      ],
    });
    expect(both.choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(both.choices[0]?.text).toBe(one.choices[0]?.text);
    expect(both.usage?.prompt_tokens).toBe(5);
    const texts = await client.completions.create({ ...request, prompt: ["The ship", "The sea"] });
    expect(texts.choices).toHaveLength(2);
    const vectors = await client.embeddings.create({ model: "embedder", input: [[5, 6], [5, 6], [9]] });
    expect(vectors.data[0]?.embedding).toEqual(vectors.data[1]?.embedding);
    expect(vectors.data).toHaveLength(3);
    for (const [path, body] of [
      ["/completions", { model: "assistant", prompt: [5, 999_999_999] }],
      ["/embeddings", { model: "embedder", input: [[5], [999_999_999]] }],
    ] as const)
      await expect(client.post(path, { body })).rejects.toMatchObject({
        status: 400,
        code: "invalid_body",
        message: expect.stringContaining("the model has no token 999999999"),
      });
  });

  it("refuses what is far too large before it works on it, so that other requests are answered meanwhile", async () => {
    const user = (content: string) => ({ role: "user" as const, content });
    const large = [
      { messages: Array.from({ length: 100_000 }, () => user("a")) },
      { messages: [user("hello world ".repeat(1_500_000))] },
      { messages: [user("hello")], stop: Array.from({ length: 4 }, () => "x".repeat(1_000_000)) },
    ];
    for (const body of large) {
      const startedAt = performance.now();
      const refused = client.chat.completions.create({ model: "assistant", ...body });
      const other = client.chat.completions.create({ ...ask, max_tokens: 2 });
      await expect(refused).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
      await other;
      expect(performance.now() - startedAt).toBeLessThan(4_000);
    }
    const prompt = "hello world ".repeat(1_500_000);
    await expect(client.completions.create({ model: "assistant", prompt })).rejects.toMatchObject({ status: 400 });
    await expect(client.embeddings.create({ model: "embedder", input: prompt })).rejects.toMatchObject({ status: 400 });
  });

  it("answers embeddings while it works on a long list of others", async () => {
    const input = Array.from({ length: 400 }, (_, index) => `${index} `.repeat(200));
    const abort = new AbortController();
    const long = client.embeddings
      .create({ model: "embedder", input }, { signal: abort.signal })
      .catch(() => "aborted");
    await client.embeddings.create({ model: "embedder", input: "short" });
    abort.abort();
    expect(await long).toBe("aborted");
  });

  it("processes as many requests at once as the file declares and the gateway sends", async () => {
    const [model] = planWith("wide: { engine: llama.cpp, source: /m.gguf, concurrency: 20 }").models;
    if (model === undefined) throw new Error("no model");
    expect(llamaChild(model, "/m.gguf", "/m.gguf").sequences).toBe(20);
    const answers = await Promise.all(
      Array.from({ length: 24 }, () =>
        client.completions.create({ model: "wide", prompt: "The ship", max_tokens: 40 }),
      ),
    );
    expect(answers).toHaveLength(24);
    expect(metric(await gateway.metrics(), "keelson_gateway_target_limit", { model: "wide" })).toBe(20);
  });

  it("is not started with more than llama.cpp can process at once, and the reason says so", async () => {
    await expect(client.completions.create({ model: "wider", prompt: "The ship" })).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("llama.cpp processes at most 256 requests at once"),
    });
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

  const berth = {
    type: "function" as const,
    function: {
      name: "book_berth",
      description: "Books a berth",
      parameters: {
        type: "object",
        properties: { port: { enum: ["Kiel", "Brest"] }, nights: { type: "integer", minimum: 1, maximum: 9 } },
        required: ["port", "nights"],
        additionalProperties: false,
      },
    },
  };
  const list = {
    type: "function" as const,
    function: { name: "list_ports", parameters: { type: "object", properties: {} } },
  };

  it("makes the call that is required, with arguments by its schema, although its weights are random", async () => {
    for (const seed of [1, 2, 3]) {
      const request = { ...ask, seed, max_tokens: 300, tools: [list, berth] };
      const { choices } = await client.chat.completions.create({
        ...request,
        tool_choice: { type: "function", function: { name: "book_berth" } },
      });
      expect(choices[0]?.finish_reason).toBe("tool_calls");
      const [call, ...others] = choices[0]?.message.tool_calls ?? [];
      expect(others).toEqual([]);
      if (call?.type !== "function") throw new Error("no call");
      expect(call.function.name).toBe("book_berth");
      const given = JSON.parse(call.function.arguments);
      expect(["Kiel", "Brest"]).toContain(given.port);
      expect(Number.isInteger(given.nights)).toBe(true);
      const any = client.chat.completions.stream({ ...request, tool_choice: "required" });
      const [joined] = (await any.finalChatCompletion()).choices;
      expect(["book_berth", "list_ports"]).toContain(joined?.message.tool_calls?.[0]?.function.name);
    }
  });

  it("is offered tools with `auto` and the results of earlier calls, and refuses a schema without bounds", async () => {
    const { choices, usage } = await client.chat.completions.create({ ...ask, max_tokens: 12, tools: [list, berth] });
    expect(["stop", "length", "tool_calls"]).toContain(choices[0]?.finish_reason);
    const without = await client.chat.completions.create({ ...ask, max_tokens: 12 });
    expect(usage?.prompt_tokens).toBeGreaterThan(without.usage?.prompt_tokens ?? 0);
    const schema = { type: "array", items: { type: "string" }, minItems: 2_000_000_000 };
    await expect(
      client.chat.completions.create({
        ...ask,
        response_format: { type: "json_schema", json_schema: { name: "long", schema } },
      }),
    ).rejects.toMatchObject({ status: 400, param: "response_format" });
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
    expect(before).toHaveLength(3);
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
