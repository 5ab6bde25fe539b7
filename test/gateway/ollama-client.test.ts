import { Ollama } from "ollama";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk, event, json, startUpstream, type Upstream, wellBehaved, words } from "../support/gateway/upstream.js";

describe("the official ollama client", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  let client: Ollama;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(
      planWith(
        `assistant: { upstreams: "${upstream.url}", parameters: 7B }\nembedder: { upstreams: "${upstream.url}", embeddings: true }`,
      ),
    );
    client = new Ollama({ host: gateway.url, headers: { Authorization: `Bearer ${key}` } });
  });
  afterAll(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  it("chats, with its options converted to the OpenAI API", async () => {
    const answer = await client.chat({
      model: "assistant",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      options: { temperature: 0.5, num_predict: 64, seed: 7, stop: ["END"] },
      format: { type: "object", properties: { a: { type: "string" } } },
    });
    expect(answer).toMatchObject({
      model: "assistant",
      done: true,
      done_reason: "stop",
      prompt_eval_count: 11,
      eval_count: 5,
    });
    expect(answer.message).toEqual({ role: "assistant", content: words.join("") });
    expect(upstream.received.at(-1)?.body).toMatchObject({
      model: "assistant",
      stream: false,
      temperature: 0.5,
      max_tokens: 64,
      seed: 7,
      stop: ["END"],
      response_format: {
        type: "json_schema",
        json_schema: { schema: { type: "object", properties: { a: { type: "string" } } } },
      },
    });
  });

  it("sends upstreams no field that the OpenAI API lacks: strict ones refuse unknown fields", async () => {
    const options = { top_k: 5, min_p: 0.1, repeat_penalty: 1.2, repeat_last_n: 32, frequency_penalty: 0.5 };
    await client.chat({ model: "assistant", messages: [{ role: "user", content: "Hello" }], options });
    expect(upstream.received.at(-1)?.body).toEqual({
      model: "assistant",
      messages: [{ role: "user", content: "Hello" }],
      stream: false,
      frequency_penalty: 0.5,
    });
  });

  it("assigns the results of tools to their calls", async () => {
    const tide = { function: { name: "tide", arguments: { port: "Kiel" } } };
    const wind = { function: { name: "wind", arguments: { port: "Kiel" } } };
    await client.chat({
      model: "assistant",
      messages: [
        { role: "user", content: "Tide and wind?" },
        { role: "assistant", content: "", tool_calls: [tide, wind, tide] },
        { role: "tool", tool_name: "wind", content: "six knots" },
        { role: "tool", tool_name: "tide", content: "noon" },
        { role: "tool", content: "midnight" },
      ],
    });
    expect(upstream.received.at(-1)?.body.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: "call_1_0" }, { id: "call_1_1" }, { id: "call_1_2" }] },
      { role: "tool", tool_call_id: "call_1_1", content: "six knots" },
      { role: "tool", tool_call_id: "call_1_0", content: "noon" },
      { role: "tool", tool_call_id: "call_1_2", content: "midnight" },
    ]);
  });

  it("streams a chat as lines, the last one with the token counts", async () => {
    const stream = await client.chat({
      model: "assistant:latest",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    const lines = [];
    for await (const line of stream) lines.push(line);
    expect(lines.map(({ message }) => message.content).join("")).toBe(words.join(""));
    expect(lines.slice(0, -1).every(({ done }) => !done)).toBe(true);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: "stop", prompt_eval_count: 11, eval_count: 5 });
    expect(lines.at(-1)?.total_duration).toBeGreaterThan(0);
  });

  it("generates, streamed and not, raw and with the chat template", async () => {
    const whole = await client.generate({ model: "assistant", prompt: "Once", system: "A poet" });
    expect(whole).toMatchObject({ response: words.join(""), done: true, eval_count: 5 });
    expect(upstream.received.at(-1)).toMatchObject({ path: "/v1/chat/completions" });
    expect(upstream.received.at(-1)?.body.messages).toEqual([
      { role: "system", content: "A poet" },
      { role: "user", content: "Once" },
    ]);
    const stream = await client.generate({ model: "assistant", prompt: "Once", raw: true, stream: true });
    let text = "";
    for await (const line of stream) text += line.response;
    expect(text).toBe(words.join(""));
    expect(upstream.received.at(-1)).toMatchObject({ path: "/v1/completions" });
  });

  it("calls tools whose arguments arrive in pieces", async () => {
    const call = (piece: object): string =>
      event({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...piece }] }, finish_reason: null }] });
    upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(call({ id: "c1", type: "function", function: { name: "weather", arguments: "" } }));
      response.write(call({ function: { arguments: '{"city":' } }));
      response.write(call({ function: { arguments: '"Kiel"}' } }));
      response.write(chunk("/v1/chat/completions", "assistant", "", "tool_calls"));
      response.end("data: [DONE]\n\n");
    });
    const tools = [
      {
        type: "function",
        function: { name: "weather", description: "now", parameters: { type: "object", properties: {} } },
      },
    ];
    const stream = await client.chat({
      model: "assistant",
      messages: [{ role: "user", content: "Weather?" }],
      tools,
      stream: true,
    });
    const calls = [];
    for await (const { message } of stream) calls.push(...(message.tool_calls ?? []));
    expect(calls).toEqual([{ function: { name: "weather", arguments: { city: "Kiel" } } }]);
    upstream.behave(wellBehaved);
  });

  it("embeds with both of its operations", async () => {
    expect(await client.embed({ model: "embedder", input: ["one", "two"] })).toMatchObject({
      embeddings: [
        [0.25, -0.5, 0],
        [0.25, -0.5, 1],
      ],
      prompt_eval_count: 7,
    });
    expect(await client.embeddings({ model: "embedder", prompt: "one" })).toEqual({ embedding: [0.25, -0.5, 0] });
  });

  it("receives a response at once when it loads a model: no server is called", async () => {
    const before = upstream.received.length;
    const loaded = { model: "assistant", done: true, done_reason: "load" };
    const quiet = { role: "assistant", content: "" };
    expect(await client.generate({ model: "assistant", prompt: "" })).toMatchObject({ ...loaded, response: "" });
    expect(await client.chat({ model: "assistant" })).toMatchObject({ ...loaded, message: quiet });
    expect(await client.chat({ model: "assistant", messages: [] })).toMatchObject({ ...loaded, message: quiet });
    const lines = [];
    for await (const line of await client.generate({ model: "assistant", prompt: "", stream: true })) lines.push(line);
    expect(lines).toEqual([expect.objectContaining({ ...loaded, response: "" })]);
    expect(await client.embed({ model: "embedder", input: [] })).toEqual({ model: "embedder", embeddings: [] });
    expect(await client.embed({ model: "embedder", input: "" })).toEqual({ model: "embedder", embeddings: [] });
    expect(await client.embeddings({ model: "embedder", prompt: "" })).toEqual({ embedding: [] });
    await expect(client.generate({ model: "missing", prompt: "" })).rejects.toMatchObject({ status_code: 404 });
    expect(upstream.received.length).toBe(before);
  });

  it("may send null for omitted fields", async () => {
    const call = { function: { name: "tide", arguments: {} } };
    const answer = await gateway.post("/api/chat", {
      model: "assistant",
      messages: [
        { role: "user", content: "Tide?", images: null, tool_calls: null },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_name: null, content: "noon" },
      ],
      stream: false,
      options: { temperature: null, num_predict: null, stop: null },
      format: null,
      tools: null,
    });
    expect(answer.status).toBe(200);
    expect(upstream.received.at(-1)?.body).toEqual({
      model: "assistant",
      messages: [
        { role: "user", content: "Tide?" },
        { role: "assistant", content: "", tool_calls: [expect.objectContaining({ id: "call_1_0" })] },
        { role: "tool", content: "noon", tool_call_id: "call_1_0" },
      ],
      stream: false,
    });
    const whole = { model: "assistant", prompt: "Once", system: null, suffix: null, raw: null, stream: null };
    const lines = (await (await gateway.post("/api/generate", whole)).text()).trim().split("\n");
    expect(lines).toHaveLength(words.length + 1);
  });

  it("forwards a suffix to the server, which may refuse it", async () => {
    await client.generate({ model: "assistant", prompt: "def tide(", suffix: "return noon" });
    expect(upstream.received.at(-1)).toMatchObject({
      path: "/v1/completions",
      body: { prompt: "def tide(", suffix: "return noon" },
    });
  });

  it("lists and shows models and the version", async () => {
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toEqual(["assistant", "embedder"]);
    expect(models[0]?.details.parameter_size).toBe("7B");
    expect((await client.ps()).models.map(({ name }) => name)).toEqual(["assistant", "embedder"]);
    const assistant = await client.show({ model: "assistant" });
    expect(assistant.details.family).toBe("openai");
    // Tools are forwarded: the upstream decides whether it supports them.
    expect(assistant.capabilities).toEqual(["completion", "tools"]);
    expect((await client.version()).version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("receives errors of the Ollama API", async () => {
    await expect(client.chat({ model: "missing", messages: [{ role: "user", content: "?" }] })).rejects.toMatchObject({
      status_code: 404,
      error: "model 'missing' not found",
    });
    await expect(client.show({ model: "missing" })).rejects.toMatchObject({
      status_code: 404,
      error: "model 'missing' not found",
    });
    await expect(client.show({ model: "" })).rejects.toMatchObject({
      status_code: 400,
      error: "you must provide a model",
    });
    const unauthenticated = new Ollama({ host: gateway.url, headers: { Authorization: "Bearer wrong" } });
    await expect(unauthenticated.list()).rejects.toMatchObject({ status_code: 401 });
    upstream.behave((_received, response) =>
      json(response, 400, { error: { message: "too long", type: "invalid_request_error" } }),
    );
    await expect(client.chat({ model: "assistant", messages: [{ role: "user", content: "?" }] })).rejects.toMatchObject(
      {
        status_code: 400,
        error: "too long",
      },
    );
    upstream.behave(wellBehaved);
  });

  it("causes every response to be counted", async () => {
    const events = await gateway.usage.settled(15);
    expect(events.map(({ operation, status }) => `${operation} ${status}`).sort()).toEqual(
      [
        ...Array.from({ length: 6 }, () => "chat 200"),
        "chat 400",
        "chat 404",
        ...Array.from({ length: 4 }, () => "completion 200"),
        "completion 404",
        "embedding 200",
        "embedding 200",
      ].sort(),
    );
  });
});
