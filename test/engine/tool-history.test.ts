import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { llamaCppMissing } from "../../src/runtime/engine/engines/llama-cpp.js";
import { startOnTinyModel, type TinyModelGateway } from "../support/engine/tiny-model.js";

const missing = llamaCppMissing();

const question = { role: "user", content: "When is high tide?" };
const call = (id: string, name: string, given = '{"port":"Kiel"}'): object => ({
  id,
  type: "function",
  function: { name, arguments: given },
});
const callsTools = (...tool_calls: object[]): object => ({ role: "assistant", content: null, tool_calls });
const resultOf = (tool_call_id: string, content: string): object => ({ role: "tool", tool_call_id, content });

/** A chat whose earlier turns called tools. */
describe("a conversation in which tools were called", () => {
  let gateway: TinyModelGateway;
  let client: OpenAI;

  beforeAll(async () => {
    gateway = await startOnTinyModel(
      (file) => `simulator: { engine: simulated, concurrency: 4 }
${missing === undefined ? `assistant: { engine: llama.cpp, source: ${file}, concurrency: 4, context: 1024 }` : ""}`,
    );
    client = gateway.openai;
  });
  afterAll(() => gateway?.stop());

  const ask = async (messages: readonly object[], extra: object = {}): Promise<OpenAI.ChatCompletion> =>
    client.post("/chat/completions", { body: { model: "simulator", max_tokens: 24, messages, ...extra } });
  const promptTokens = async (messages: readonly object[], extra: object = {}): Promise<number> =>
    (await ask(messages, extra)).usage?.prompt_tokens ?? 0;

  it("is read completely: the calls, their arguments, and their results", async () => {
    const bare = await promptTokens([question]);
    const short = await promptTokens([question, callsTools(call("1", "tide")), resultOf("1", "noon")]);
    const longer = await promptTokens([
      question,
      callsTools(call("1", "tide")),
      resultOf("1", "noon, and at midnight again"),
    ]);
    const more = await promptTokens([
      question,
      callsTools(call("1", "tide", '{"port":"Kiel","day":3}')),
      resultOf("1", "noon"),
    ]);
    expect(short).toBeGreaterThan(bare);
    expect(longer).toBeGreaterThan(short);
    expect(more).toBeGreaterThan(short);
  });

  it("may contain tools with `tool_choice: none`, or use OpenAI's older fields", async () => {
    const turns = [question, callsTools(call("1", "tide")), resultOf("1", "noon")];
    const tools = [{ type: "function", function: { name: "tide", parameters: { type: "object" } } }];
    const plain = await promptTokens(turns);
    expect(await promptTokens(turns, { tools, tool_choice: "none" })).toBe(plain);
    const older = [
      question,
      { role: "assistant", content: null, function_call: { name: "tide", arguments: '{"port":"Kiel"}' } },
      { role: "function", name: "tide", content: "noon" },
    ];
    expect(await promptTokens(older)).toBe(plain);
  });

  it("is refused if a call has no result or a result no call, with the path of the message", async () => {
    const cases: readonly (readonly [readonly object[], string])[] = [
      [[question, callsTools(call("1", "tide"))], "messages[1].tool_calls[0]"],
      [[question, callsTools(call("1", "tide")), question], "messages[1].tool_calls[0]"],
      [
        [question, callsTools(call("1", "tide"), call("2", "wind")), resultOf("1", "noon")],
        "messages[1].tool_calls[1]",
      ],
      [[question, callsTools(call("1", "tide")), resultOf("2", "noon")], "messages[2].tool_call_id"],
      [
        [question, callsTools(call("1", "tide")), resultOf("1", "noon"), resultOf("1", "six")],
        "messages[3].tool_call_id",
      ],
      [[question, resultOf("1", "noon")], "messages[1].tool_call_id"],
      [[{ role: "tool", content: "noon" }, question], "messages[0]"],
      [[question, { role: "function", name: "tide", content: "noon" }], "messages[1].name"],
      [[question, { role: "assistant", function_call: { name: "tide", arguments: "" } }], "messages[1].function_call"],
      [
        [question, callsTools({ id: "1", type: "function", function: { name: "tide" } })],
        "messages[1].tool_calls[0].function.arguments",
      ],
    ];
    for (const [messages, param] of cases)
      await expect(ask(messages), param).rejects.toMatchObject({
        status: 400,
        type: "invalid_request_error",
        code: "invalid_body",
        param,
        message: expect.stringContaining(param),
      });
  });

  it("is parsed in linear time", async () => {
    const many = 128;
    const calls = Array.from({ length: many }, (_, at) => call(String(at), "tide"));
    const results = calls.map((_, at) => resultOf(String(many - 1 - at), "noon"));
    const turns = Array.from({ length: 200 }, () => [question, callsTools(...calls), ...results]).flat();
    const short = Array.from({ length: 100_000 }, () => ({ role: "user", content: "" }));
    const startedAt = performance.now();
    // Neither fits into the simulator's context: the test measures the parsing.
    await expect(ask(turns)).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    await expect(ask(short)).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await expect(ask([question, callsTools(...calls, call("more", "tide"))])).rejects.toMatchObject({
      status: 400,
      param: "messages[1].tool_calls",
      message: expect.stringContaining("at most 128"),
    });
  });

  it("retains the text of a refusal, and refuses audio", async () => {
    const no = { role: "assistant", content: null, refusal: "I cannot help with that" };
    const parts = { role: "assistant", content: [{ type: "refusal", refusal: "I cannot help with that" }] };
    const silent = await promptTokens([question, { role: "assistant", content: "" }, question]);
    const refusing = await promptTokens([question, no, question]);
    expect(refusing).toBeGreaterThan(silent);
    expect(await promptTokens([question, parts, question])).toBe(refusing);
    await expect(ask([question, { role: "assistant", audio: { id: "a" } }, question])).rejects.toMatchObject({
      status: 400,
      code: "unsupported",
      param: "messages[1].audio",
    });
  });

  it("is supported by the Ollama API, whose results contain no call id", async () => {
    const made = (name: string): object => ({ function: { name, arguments: { port: "Kiel" } } });
    const turns = [question, { role: "assistant", content: "", tool_calls: [made("tide"), made("wind")] }];
    const results = [
      { role: "tool", tool_name: "wind", content: "six knots" },
      { role: "tool", tool_name: "tide", content: "noon" },
    ];
    const chat = (messages: readonly object[]): Promise<Response> =>
      gateway.post("/api/chat", { model: "simulator", messages, stream: false, options: { num_predict: 8 } });
    const answer = await chat([...turns, ...results]);
    expect(answer.status).toBe(200);
    const same = [
      question,
      callsTools(call("1", "tide"), call("2", "wind")),
      resultOf("1", "noon"),
      resultOf("2", "six knots"),
    ];
    expect(Object(await answer.json()).prompt_eval_count).toBe(await promptTokens(same));
    const refused = await chat([...turns, results[0] ?? {}]);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: expect.stringContaining("messages[1].tool_calls[0]") });
  });

  it.skipIf(missing !== undefined)(
    "is formatted by the chat template of llama.cpp, which then continues the response",
    async () => {
      const llama = { model: "assistant", temperature: 0 };
      const turns = (result: string): object[] => [question, callsTools(call("1", "tide")), resultOf("1", result)];
      const noon = await ask(turns("noon"), llama);
      expect(noon.usage?.prompt_tokens).toBeGreaterThan((await promptTokens([question], llama)) + 20);
      expect(noon.choices[0]?.message.content).not.toBe("");
      const six = await ask(turns("at six"), llama);
      expect(six.choices[0]?.message.content).not.toBe(noon.choices[0]?.message.content);
      const onward = await ask([...turns("noon"), { role: "assistant", content: "At noon." }, question], llama);
      expect(onward.usage?.prompt_tokens).toBeGreaterThan(noon.usage?.prompt_tokens ?? 0);
    },
  );
});
