import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { describeWith } from "../support/requirements.js";

describeWith(["model"], "a real model on llama.cpp", ({ model: file }) => {
  let gateway: TestGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startTestGateway(
      planWith(
        `assistant: { engine: llama.cpp, source: ${file}, concurrency: 2, context: 2048, queue: { deadline: 2m } }`,
      ),
    );
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
  });
  afterAll(() => gateway?.stop());

  const capital = {
    model: "assistant",
    temperature: 0,
    max_tokens: 40,
    messages: [{ role: "user" as const, content: "What is the capital of France?" }],
  };

  it("knows the capital of France", async () => {
    const { choices } = await client.chat.completions.create(capital);
    expect(choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: "The capital of France is Paris." },
    });
  });

  it("streams the same answer, and its usage", async () => {
    const stream = client.chat.completions.stream({ ...capital, stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]?.message.content).toBe("The capital of France is Paris.");
    expect(usage?.completion_tokens).toBe(7);
  });

  it("fills a JSON schema from the question", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string", maxLength: 20 }, country: { enum: ["France", "Spain"] } },
      required: ["city", "country"],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      ...capital,
      max_tokens: 100,
      messages: [{ role: "user", content: "Paris is a city in France." }],
      response_format: { type: "json_schema", json_schema: { name: "place", strict: true, schema } },
    });
    expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ city: "Paris", country: "France" });
  });

  const weather = {
    type: "function" as const,
    function: {
      name: "get_weather",
      description: "The current weather of a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  };
  const question = { role: "user" as const, content: "What is the weather in Paris?" };

  it("calls the function that it must call, with an argument from the question, and uses the result", async () => {
    const request = { ...capital, max_tokens: 200, messages: [question], tools: [weather] };
    const { choices } = await client.chat.completions.create({ ...request, tool_choice: "required" });
    const message = choices[0]?.message;
    const [call] = message?.tool_calls ?? [];
    if (message === undefined || call?.type !== "function") throw new Error("no call");
    expect(choices[0]?.finish_reason).toBe("tool_calls");
    expect(call.function.name).toBe("get_weather");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "Paris" });
    const result = { role: "tool" as const, tool_call_id: call.id, content: '{"weather": "sunny", "celsius": 21}' };
    const answer = await client.chat.completions.create({
      ...capital,
      messages: [question, message, result],
      tools: [weather],
    });
    expect(answer.choices[0]?.message.content).toMatch(/sunny|21/);
  });

  it("responds to a question with text when it may, but need not, call a function", async () => {
    const { choices } = await client.chat.completions.create({ ...capital, tools: [weather] });
    expect(["stop", "tool_calls", "length"]).toContain(choices[0]?.finish_reason);
    for (const call of choices[0]?.message.tool_calls ?? [])
      expect(call.type === "function" && JSON.parse(call.function.arguments)).toBeTypeOf("object");
  });
});
