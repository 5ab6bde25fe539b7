import { describe, expect, it } from "vitest";
import { CHAT, complete, messages, startRealServers, streamed, text } from "../support/gateway/real-servers.js";
import { type Behaviour, chunk, event } from "../support/gateway/upstream.js";

const servers = startRealServers();

const document =
  (message: object, usage?: object): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
  };

const stream =
  (...events: readonly string[]): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${events.join("")}data: [DONE]\n\n`);
  };

const said = (content: string) => chunk(CHAT, "m", content);
const stop = chunk(CHAT, "m", "", "stop");
const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

describe("an answer whose server sends zeros in place of counts", () => {
  it("is estimated", async () => {
    servers.upstream.behave(document({ role: "assistant", content: "word ".repeat(100) }, zeros));
    await complete(servers.client);
    servers.upstream.behave(stream(said("one"), said(" two"), stop, event({ choices: [], usage: zeros })));
    expect(await streamed(servers.client)).toBe("one two");
    for (const { inputTokens, outputTokens, estimated } of await servers.running.usage.settled(2)) {
      expect(inputTokens).toBeGreaterThan(0);
      expect(outputTokens).toBeGreaterThan(0);
      expect(estimated).toBe(true);
    }
  });

  it("keeps the counts that the server has sent before", async () => {
    const counts = (usage: object) => event({ choices: [], usage });
    servers.upstream.behave(
      stream(said("a"), counts({ prompt_tokens: 10, completion_tokens: 5 }), stop, counts(zeros)),
    );
    await streamed(servers.client);
    expect(await servers.running.usage.settled(1)).toMatchObject([
      { inputTokens: 10, outputTokens: 5, estimated: false },
    ]);
  });
});

describe("an answer without counts", () => {
  it("is estimated alike for the clients of both APIs, tool calls included", async () => {
    const piece = (args: string) =>
      event({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: args } }] } }] });
    const first = event({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "c", function: { name: "now", arguments: "" } }] } }],
    });
    servers.upstream.behave(
      stream(first, piece('{"a":"'), ...Array.from({ length: 40 }, () => piece("word ")), piece('"}'), stop),
    );
    await (await servers.running.post(CHAT, { model: "assistant", messages, stream: true })).text();
    let evalCount: number | undefined;
    for await (const part of await servers.ollama.chat({ model: "assistant", messages, stream: true }))
      if (part.done) evalCount = part.eval_count;
    const [openai, ollama] = await servers.running.usage.settled(2);
    expect(openai?.outputTokens).toBe(42);
    expect(ollama?.outputTokens).toBe(42);
    expect(evalCount).toBe(42);
  });
});

describe("an answer whose content is a list of parts", () => {
  it("is the text of its parts for a client of the Ollama API", async () => {
    const content = [
      { type: "thinking", thinking: [] },
      { type: "text", text: text.slice(0, 3) },
      { type: "text", text: text.slice(3) },
    ];
    servers.upstream.behave(document({ role: "assistant", content }));
    const { message } = await servers.ollama.chat({ model: "assistant", messages, stream: false });
    expect(message.content).toBe(text);
  });

  it("is its refusal if it has no text", async () => {
    servers.upstream.behave(document({ role: "assistant", content: null, refusal: "I cannot help with that." }));
    const { message } = await servers.ollama.chat({ model: "assistant", messages, stream: false });
    expect(message.content).toBe("I cannot help with that.");
  });
});

describe("a path that a client has joined with a slash too many", () => {
  it.each(["/v1//chat/completions", "//v1/chat/completions", "/v1/chat/completions/"])("%s is served", async (path) => {
    servers.upstream.behave(document({ role: "assistant", content: text }));
    const response = await servers.running.post(path, { model: "assistant", messages });
    expect(response.status).toBe(200);
  });
});
