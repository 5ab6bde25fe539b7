import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";

describe("the simulated engine", () => {
  let gateway: TestGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startTestGateway(
      planWith(`assistant: { engine: simulated, concurrency: 16 }\nembedder: { engine: simulated, embeddings: true }`),
    );
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
    await client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content: "Are you there?" }],
      max_tokens: 1,
    });
  });
  afterAll(() => gateway.stop());

  const chat = (content: string, extra: object = {}) =>
    client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content }],
      ...extra,
      stream: false,
    });

  it("marks its text, uses words of the request, and is deterministic", async () => {
    const first = await chat("How do lighthouses guide sailors?");
    const text = first.choices[0]?.message.content ?? "";
    expect(text).toMatch(/^\[simulated\] You asked about lighthouses, guide and sailors\. /);
    const empty = await chat("What would you say about this, please? Could you write something short about it?");
    expect(empty.choices[0]?.message.content).toMatch(/^\[simulated\] This is a placeholder\. /);
    expect(text).toMatch(/^\[simulated\] /);
    expect(text).toContain("lighthouses");
    expect((await chat("How do lighthouses guide sailors?")).choices[0]?.message.content).toBe(text);
    expect((await chat("What is an anchor?")).choices[0]?.message.content).not.toBe(text);
  });

  it("marks every response: by a header, and in the document", async () => {
    const messages = [{ role: "user" as const, content: "Hello" }];
    const bodies: readonly (readonly [string, object, string])[] = [
      ["/v1/chat/completions", { model: "assistant", messages }, '"system_fingerprint":"simulated"'],
      ["/v1/chat/completions", { model: "assistant", messages, stream: true }, '"system_fingerprint":"simulated"'],
      ["/v1/completions", { model: "assistant", prompt: "Hello" }, '"system_fingerprint":"simulated"'],
      ["/v1/embeddings", { model: "embedder", input: "Hello" }, '"simulated":true'],
      ["/api/chat", { model: "assistant", messages, stream: false }, "[simulated]"],
      ["/api/embed", { model: "embedder", input: "Hello" }, "embeddings"],
    ];
    for (const [path, body, mark] of bodies) {
      const answer = await gateway.post(path, body);
      expect(answer.headers.get("x-keelson-simulated"), path).toBe("true");
      expect(await answer.text(), path).toContain(mark);
    }
    const models = (await client.models.list()).data;
    expect(models.map(({ owned_by: owner }) => owner)).toEqual(["keelson-simulator", "keelson-simulator"]);
  });

  it("counts its output tokens, and respects max_tokens and stop", async () => {
    const short = await chat("Write about the sea", { max_tokens: 5 });
    expect(short.usage?.completion_tokens).toBe(5);
    expect(short.choices[0]?.finish_reason).toBe("length");
    const stopped = await chat("Write about the sea", { stop: ["."] });
    expect(stopped.choices[0]?.message.content).not.toContain(".");
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
  });

  it("emits one token per step in real time; concurrent requests make a step longer", async () => {
    const timed = async (): Promise<number> => {
      const startedAt = performance.now();
      await chat("Write about the sea", { max_tokens: 40 });
      return performance.now() - startedAt;
    };
    const alone = await timed();
    // 40 steps of 16 ms.
    expect(alone).toBeGreaterThan(600);
    const crowd = await Promise.all(Array.from({ length: 16 }, timed));
    const slowest = Math.max(...crowd);
    // 16 together: 40 steps of 23.5 ms, not 16 times as long.
    expect(slowest).toBeGreaterThan(900);
    expect(slowest).toBeLessThan(6 * alone);
  });

  it("fills in a JSON schema with the smallest allowed values", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string" },
        size: { type: "integer", minimum: 3 },
        kind: { enum: ["a", "b"] },
        list: { type: "array", items: { type: "number" }, minItems: 2 },
      },
      required: ["name", "size", "kind", "list"],
    };
    const answer = await chat("Fill in", {
      response_format: { type: "json_schema", json_schema: { name: "x", schema } },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({
      name: "simulated",
      size: 3,
      kind: "a",
      list: [0, 0],
    });
  });

  it("refuses unsupported requests: older functions, images, the other kind of model, other dimensions", async () => {
    const tool = { type: "function" as const, function: { name: "tide", parameters: { type: "object" } } };
    const question = [{ role: "user" as const, content: "When is high tide?" }];
    const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AA==" } };
    const picture = [{ role: "user" as const, content: [{ type: "text" as const, text: "What is it?" }, image] }];
    const ask = (body: object) => client.post("/chat/completions", { body: { messages: question, ...body } });
    const chats: readonly (readonly [object, string])[] = [
      [{ model: "assistant", tools: [{ type: "custom", custom: { name: "tide" } }] }, "tools[0]"],
      [{ model: "assistant", functions: [tool.function] }, "functions"],
      [{ model: "assistant", messages: picture }, "messages[0].content[1]"],
      [{ model: "embedder" }, "model"],
    ];
    const refused = { status: 400, type: "invalid_request_error", code: "unsupported" };
    for (const [body, param] of chats) await expect(ask(body)).rejects.toMatchObject({ ...refused, param });
    await expect(client.embeddings.create({ model: "assistant", input: "x" })).rejects.toMatchObject({
      ...refused,
      param: "model",
      message: expect.stringContaining("makes no embeddings"),
    });
    const embed = (dimensions: number) =>
      client.embeddings.create({ model: "embedder", input: "x", dimensions, encoding_format: "float" });
    await expect(embed(3)).rejects.toMatchObject({ ...refused, param: "dimensions" });
    expect((await embed(256)).data[0]?.embedding).toHaveLength(256);
    for (const input of ["", ["x", ""], []])
      await expect(client.embeddings.create({ model: "embedder", input })).rejects.toMatchObject({
        status: 400,
        param: expect.stringMatching(/^input/),
      });
  });

  it("refuses each unsupported field that would change the output, and ignores those that would not", async () => {
    const messages = [{ role: "user", content: "Hello" }];
    const ask = (path: string, extra: object) =>
      client.post(path, { body: { model: "assistant", max_tokens: 4, messages, prompt: "Hello", ...extra } });
    const both = ["/chat/completions", "/completions"];
    const refused: readonly (readonly [string, unknown])[] = [
      ["audio", { voice: "alloy", format: "wav" }],
      ["modalities", ["text", "audio"]],
      ["logprobs", true],
      ["logprobs", 0],
      ["top_logprobs", 3],
      ["best_of", 2],
      ["echo", true],
      ["suffix", "the end"],
      ["reasoning_effort", "high"],
      ["verbosity", "low"],
      ["web_search_options", {}],
      ["moderation", { model: "omni-moderation-latest" }],
    ];
    for (const [param, value] of refused)
      for (const path of both)
        await expect(ask(path, { [param]: value }), param).rejects.toMatchObject({
          status: 400,
          type: "invalid_request_error",
          code: "unsupported",
          param,
          message: expect.stringContaining(`${param}: this model's engine`),
        });
    const idle = {
      ...{ audio: null, modalities: ["text"], logprobs: false, top_logprobs: 0, best_of: 1, echo: false, suffix: "" },
      ...{ reasoning_effort: null, verbosity: "medium", n: 1, tools: [], functions: null, parallel_tool_calls: true },
      ...{ user: "u", metadata: { a: "b" }, store: true, service_tier: "auto", safety_identifier: "s" },
      ...{ prediction: { type: "content", content: "Hello" }, prompt_cache_key: "k", stream_options: null },
    };
    for (const path of both) expect(await ask(path, idle)).toHaveProperty("choices");
  });

  it("validates the penalties and the token bias, although they have no effect", async () => {
    const plain = await chat("Write about the sea");
    const settings = { frequency_penalty: 2, presence_penalty: -2, repeat_penalty: 1.3, logit_bias: { 42: -100 } };
    expect((await chat("Write about the sea", settings)).choices).toEqual(plain.choices);
    for (const [param, extra] of Object.entries({
      frequency_penalty: { frequency_penalty: 9 },
      presence_penalty: { presence_penalty: -2.5 },
      repeat_penalty: { repeat_penalty: -1 },
      "logit_bias.42": { logit_bias: { 42: -101 } },
    }))
      await expect(chat("Write about the sea", extra)).rejects.toMatchObject({ status: 400, param });
  });

  it("refuses in Ollama's shape under /api too, and reports there what a model supports", async () => {
    const messages = [{ role: "user", content: "What is it?", images: ["iVBORw0KGgo="] }];
    const answer = await gateway.post("/api/chat", { model: "assistant", messages });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/this model's engine/) });
    const shows = async (model: string): Promise<unknown> => (await gateway.post("/api/show", { model })).json();
    expect(await shows("assistant")).toMatchObject({ capabilities: ["completion", "tools"] });
    expect(await shows("embedder")).toMatchObject({ capabilities: ["embedding"] });
  });

  it("reports the invalid field, the expected and the given value", async () => {
    const faulty = (body: object) => client.post("/chat/completions", { body: { model: "assistant", ...body } });
    const hello = [{ role: "user", content: "Hello" }];
    const cases: readonly (readonly [object, string, string])[] = [
      [{ messages: hello, temperature: 9 }, "temperature", "temperature must be at most 2, but 9 was given"],
      [
        { messages: [{ role: "robot", content: "x" }] },
        "messages[0].role",
        'messages[0].role must be one of "system", "developer", "user", "assistant", "tool", "function", but "robot" was given',
      ],
      [{ messages: [{ content: "x" }] }, "messages[0].role", "messages[0].role is missing: it must be one of"],
      [
        { messages: [{ role: "user", content: 5 }] },
        "messages[0].content",
        "messages[0].content must be a string or a list or null",
      ],
      [
        { messages: [{ role: "user", content: [{ type: "text" }] }] },
        "messages[0].content[0].text",
        "messages[0].content[0].text is missing: it must be a string",
      ],
      [{ messages: hello, n: 2 }, "n", "n: only one choice is supported"],
      [{ messages: hello, max_tokens: 1.5 }, "max_tokens", "max_tokens must be a whole number, but 1.5 was given"],
      [
        { messages: hello, response_format: { type: "xml" } },
        "response_format.type",
        'response_format.type must be one of "text", "json_object", "json_schema", but "xml" was given',
      ],
    ];
    for (const [body, param, message] of cases)
      await expect(faulty(body), message).rejects.toMatchObject({
        status: 400,
        param,
        code: "invalid_body",
        message: expect.stringContaining(message),
      });
  });

  it("describes once what a completion's prompt and an embedding's input must be", async () => {
    const prompts = { list: [], mixed: ["one", [1]], negative: [1, -1], fraction: [1.5], nested: [[[1]]], empty: [[]] };
    for (const [name, prompt] of Object.entries(prompts)) {
      const body = { model: "assistant", prompt };
      await expect(client.post("/completions", { body }), name).rejects.toMatchObject({
        status: 400,
        param: "prompt",
        message: "400 prompt: must be a string, a list of token ids, or a list of 1 to 128 of either",
      });
      await expect(
        client.post("/embeddings", { body: { model: "embedder", input: prompt } }),
        name,
      ).rejects.toMatchObject({
        status: 400,
        param: "input",
        message: "400 input: must be a non-empty string, a list of token ids, or a list of 1 to 2048 of either",
      });
    }
  });

  it("answers a list of prompts with a choice for each, and counts all of them", async () => {
    const prompts = ["Harbours in the north", "Lighthouses at night"];
    const request = { model: "assistant", max_tokens: 12 };
    const alone = await Promise.all(prompts.map((prompt) => client.completions.create({ ...request, prompt })));
    const together = await client.completions.create({ ...request, prompt: prompts });
    expect(together.choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(together.choices.map(({ text }) => text)).toEqual(alone.map(({ choices }) => choices[0]?.text));
    const sum = alone.reduce((tokens, { usage }) => tokens + (usage?.total_tokens ?? 0), 0);
    expect(together.usage?.total_tokens).toBe(sum);
    const stream = await client.completions.create({ ...request, prompt: prompts, stream: true });
    const texts = ["", ""];
    const finished: number[] = [];
    for await (const { choices } of stream) {
      for (const { index, text, finish_reason } of choices) {
        texts[index] += text;
        if (finish_reason !== null) finished.push(index);
      }
    }
    expect(texts).toEqual(together.choices.map(({ text }) => text));
    expect(finished).toEqual([0, 1]);
  });

  it("accepts token ids, of one prompt or of several", async () => {
    const one = await client.completions.create({ model: "assistant", prompt: [11, 12, 13], max_tokens: 4 });
    expect(one.choices).toHaveLength(1);
    expect(one.usage?.prompt_tokens).toBe(3);
    const two = await client.completions.create({ model: "assistant", prompt: [[11, 12], [13]], max_tokens: 4 });
    expect(two.choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(two.usage?.prompt_tokens).toBe(3);
    const vectors = await client.embeddings.create({ model: "embedder", input: [[11, 12], [13], [11, 12]] });
    expect(vectors.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(vectors.data[0]?.embedding).toEqual(vectors.data[2]?.embedding);
    expect(vectors.data[0]?.embedding).not.toEqual(vectors.data[1]?.embedding);
    expect(vectors.usage.prompt_tokens).toBe(5);
    expect((await client.embeddings.create({ model: "embedder", input: [11, 12] })).data).toHaveLength(1);
  });

  it("refuses a list of prompts before it streams anything if one of them is too long", async () => {
    const prompt = ["short", "long ".repeat(5_000)];
    await expect(client.completions.create({ model: "assistant", prompt, stream: true })).rejects.toMatchObject({
      status: 400,
      param: "prompt",
      code: "context_length_exceeded",
    });
  });

  it("serves other requests while it refuses or embeds the largest inputs", async () => {
    const text = "a ".repeat(15 * 1024 * 1024);
    const tooLarge = await Promise.allSettled([
      client.completions.create({ model: "assistant", prompt: text }),
      client.embeddings.create({ model: "embedder", input: text }),
    ]);
    const refused = { status: "rejected", reason: { status: 400, code: "context_length_exceeded" } };
    expect(tooLarge).toMatchObject([refused, refused]);
    // More tokens than it processes in minutes.
    const input = Array.from({ length: 2_048 }, (_, index) => `${index} `.repeat(1_000));
    const abort = new AbortController();
    const embedded = client.embeddings
      .create({ model: "embedder", input }, { signal: abort.signal })
      .catch((error: unknown) => error);
    for (let count = 0; count < 4; count += 1) {
      const startedAt = performance.now();
      await client.embeddings.create({ model: "embedder", input: "short" });
      expect(performance.now() - startedAt).toBeLessThan(4_000);
    }
    abort.abort();
    expect(await embedded).toBeInstanceOf(OpenAI.APIUserAbortError);
  });

  it("returns similar embeddings for texts that share words", async () => {
    const { data } = await client.embeddings.create({
      model: "embedder",
      input: ["the red ship sails", "a red ship sails fast", "tax law reform"],
      encoding_format: "float",
    });
    const [a, b, c] = data.map(({ embedding }) => embedding);
    const cosine = (x: number[] = [], y: number[] = []): number =>
      x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
    expect(cosine(a, a)).toBeCloseTo(1);
    expect(cosine(a, b)).toBeGreaterThan(cosine(a, c) + 0.3);
  });
});
