import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { key, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";

const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    description: "The weather of a port",
    parameters: { type: "object", properties: { port: { enum: ["Kiel", "Brest"] } }, required: ["port"] },
  },
};
const tide = { type: "function" as const, function: { name: "tideTable" } };

let gateway: TestGateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startTestGateway(planWith("assistant: { engine: simulated }"));
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
});
afterAll(() => gateway?.stop());

const ask = (content: string) => ({ model: "assistant", messages: [{ role: "user" as const, content }] });

describe("calls of tools by the simulated engine", () => {
  it("follow from the words of the request with `auto`, and none is made of a tool that is not its subject", async () => {
    const { choices } = await client.chat.completions.create({
      ...ask("What is the weather today?"),
      tools: [tide, weather],
    });
    expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { role: "assistant", content: null } });
    expect(choices[0]?.message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_\w{24}$/),
        type: "function",
        function: { name: "get_weather", arguments: '{"port":"Kiel"}' },
      },
    ]);
    const text = await client.chat.completions.create({ ...ask("Hello!"), tools: [tide, weather] });
    expect(text.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: expect.stringMatching(/^\[sim/) },
    });
  });

  it("are scripted by lines of the message, several at once or one at a time", async () => {
    const script = ask('Two calls:\ncall get_weather {"port": "Brest"}\ncall tideTable\ncall unknown {}');
    const both = await client.chat.completions.create({ ...script, tools: [weather, tide] });
    const called = (choice: OpenAI.ChatCompletion.Choice | undefined) =>
      choice?.message.tool_calls?.map((call) => (call.type === "function" ? call.function : undefined));
    expect(called(both.choices[0])).toEqual([
      { name: "get_weather", arguments: '{"port":"Brest"}' },
      { name: "tideTable", arguments: "{}" },
    ]);
    const one = await client.chat.completions.create({ ...script, tools: [weather, tide], parallel_tool_calls: false });
    expect(called(one.choices[0])).toHaveLength(1);
  });

  it("obey `tool_choice`: none, required, and a named function", async () => {
    const request = { ...ask("Hello!"), tools: [weather, tide] };
    const choose = async (choice: OpenAI.ChatCompletionToolChoiceOption) =>
      (await client.chat.completions.create({ ...request, tool_choice: choice })).choices[0]?.message.tool_calls;
    expect(await choose("none")).toBeUndefined();
    expect(await choose("required")).toMatchObject([{ function: { name: "get_weather" } }]);
    expect(await choose({ type: "function", function: { name: "tideTable" } })).toMatchObject([
      { function: { name: "tideTable" } },
    ]);
  });

  it("are streamed as deltas that the official client joins", async () => {
    const long = JSON.stringify({ note: "ä".repeat(200) });
    const stream = client.chat.completions.stream({
      ...ask(`call tideTable ${long}\ncall get_weather {"port":"Kiel"}`),
      tools: [weather, tide],
      stream_options: { include_usage: true },
    });
    let deltas = 0;
    for await (const { choices } of stream) deltas += choices[0]?.delta.tool_calls?.length ?? 0;
    expect(deltas).toBeGreaterThan(5);
    const [choice] = (await stream.finalChatCompletion()).choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.tool_calls).toMatchObject([
      { function: { name: "tideTable", arguments: long } },
      { function: { name: "get_weather" } },
    ]);
  });

  it("are answered with text once their results are fed back", async () => {
    const first = await client.chat.completions.create({ ...ask("the weather?"), tools: [weather] });
    const message = first.choices[0]?.message;
    const id = message?.tool_calls?.[0]?.id ?? "";
    const { choices } = await client.chat.completions.create({
      model: "assistant",
      tools: [weather],
      messages: [
        { role: "user", content: "the weather?" },
        ...(message ? [message] : []),
        { role: "tool", tool_call_id: id, content: "storm from the west" },
      ],
    });
    expect(choices[0]?.message.content).toMatch(/^\[simulated\] get_weather returned storm from the west\./);
  });

  it.each([
    ["a choice without tools", { tool_choice: "required" }, "tool_choice"],
    [
      "a choice of another function",
      { tools: [tide], tool_choice: { type: "function", function: { name: "x" } } },
      "tool_choice",
    ],
    ["an unknown choice", { tools: [tide], tool_choice: "any" }, "tool_choice"],
    ["a tool that is no function", { tools: [{ type: "custom", custom: { name: "x" } }] }, "tools[0]"],
    ["two tools of one name", { tools: [tide, tide] }, "tools"],
    ["a name with a space", { tools: [{ type: "function", function: { name: "a b" } }] }, "tools[0].function.name"],
    [
      "a schema without bounds",
      { tools: [{ type: "function", function: { name: "a", parameters: { type: "array", minItems: 2e9 } } }] },
      "tools[0].function.parameters",
    ],
    [
      "a response without bounds",
      {
        response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "array", minItems: 2e9 } } },
      },
      "response_format",
    ],
  ])("are refused for %s, with the field", async (_, fields, param) => {
    const response = await gateway.post("/v1/chat/completions", { ...ask("Hello!"), ...fields });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { param: string } }).error.param).toBe(param);
  });
});

describe("agents of other projects, unchanged", () => {
  it("openai: runTools calls the function and gets the answer", async () => {
    const seen: unknown[] = [];
    const runner = client.chat.completions.runTools({
      ...ask("What is the weather?"),
      tools: [
        {
          type: "function",
          function: {
            ...weather.function,
            parse: JSON.parse,
            function: (given: unknown) => `${seen.push(given)} knots`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toContain("get_weather returned 1 knots");
    expect(seen).toEqual([{ port: "Kiel" }]);
  });

  it("ollama: tools and their results", async () => {
    const ollama = new Ollama({ host: gateway.url, headers: { authorization: `Bearer ${key}` } });
    const tools = [{ type: "function", function: { name: "get_weather", description: "", parameters: {} } }];
    const messages = [{ role: "user", content: 'call get_weather {"port": "Brest"}' }];
    const { message } = await ollama.chat({ model: "assistant", messages, tools });
    expect(message.tool_calls).toMatchObject([{ function: { name: "get_weather", arguments: { port: "Brest" } } }]);
    const result = { role: "tool", content: "fog", tool_name: "get_weather" };
    const answer = await ollama.chat({ model: "assistant", messages: [...messages, message, result], tools });
    expect(answer.message.content).toContain("get_weather returned fog");
    expect((await ollama.show({ model: "assistant" })).capabilities).toContain("tools");
  });

  it("AI SDK: several steps, and a stream", async () => {
    const model = createOpenAICompatible({ name: "keelson", baseURL: `${gateway.url}/v1`, apiKey: key })("assistant");
    const tools = {
      get_weather: tool({
        description: "The weather of a port",
        inputSchema: z.object({ port: z.enum(["Kiel", "Brest"]) }),
        execute: async ({ port }) => `calm in ${port}`,
      }),
    };
    const settings = { model, tools, stopWhen: stepCountIs(3), prompt: "How is the weather?", maxRetries: 0 };
    const { text, steps } = await generateText(settings);
    expect(steps).toHaveLength(2);
    expect(text).toContain("calm in Kiel");
    const streamed = streamText(settings);
    expect(await streamed.text).toContain("calm in Kiel");
  });

  it("LangChain: bound tools, and structured output by function calling", async () => {
    const model = new ChatOpenAI({
      model: "assistant",
      apiKey: key,
      configuration: { baseURL: `${gateway.url}/v1` },
      maxRetries: 0,
    });
    const schema = z.object({ port: z.enum(["Kiel", "Brest"]), berths: z.number().int() });
    const bound = model.bindTools([
      langchainTool(async () => "calm", { name: "get_weather", description: "The weather", schema }),
    ]);
    const { tool_calls: calls } = await bound.invoke([new HumanMessage("How is the weather?")]);
    expect(calls).toMatchObject([{ name: "get_weather", args: { port: "Kiel", berths: 0 } }]);
    const structured = model.withStructuredOutput(schema, { method: "functionCalling", name: "berth" });
    expect(await structured.invoke("Hello!")).toEqual({ port: "Kiel", berths: 0 });
  });
});
