import { describe, expect, it } from "vitest";
import { CHAT, messages, startRealServers } from "../support/gateway/real-servers.js";
import { type Behaviour, chunk, event } from "../support/gateway/upstream.js";

const servers = startRealServers();

/** Numbers that JavaScript would round or format differently, among others. */
const NUMBERS =
  '"id":9007199254740993,"big":-123456789012345678901234567890,"price":1.10,"list":[1.0,2,1e400],"near":1e-7';
/** Strings with what looks like numbers, quotes and escapes. */
const TEXTS = '"text":"9007199254740993 \\\\\\" 1.0","\\\\":"\\\\\\\\"';
const ARGUMENTS = `{${NUMBERS},${TEXTS}}`;

describe("numbers in JSON of the client", () => {
  it("reach the server with all digits: arguments of tool calls, schemas of tools and of the answer", async () => {
    const body = `{"model":"assistant","stream":false,"options":{"temperature":0.70},
      "tools":[{"type":"function","function":{"name":"find","parameters":{"const":9007199254740993}}}],
      "format":{"type":"integer","maximum":18446744073709551615},
      "messages":[{"role":"user","content":"1.0"},
        {"role":"assistant","content":"","tool_calls":[{"function":{"name":"find","arguments":${ARGUMENTS}}}]},
        {"role":"tool","content":"found"}]}`;
    const { running, upstream } = servers;
    const answer = await running.post("/api/chat", Buffer.from(body));
    expect(answer.status).toBe(200);
    const sent = upstream.received.at(-1);
    expect(sent?.body).toMatchObject({
      temperature: 0.7,
      messages: [{ content: "1.0" }, { tool_calls: [{ function: { arguments: ARGUMENTS } }] }, { content: "found" }],
    });
    expect(sent?.text).toContain('"const":9007199254740993');
    expect(sent?.text).toContain('"maximum":18446744073709551615');
  });

  it("are no texts", async () => {
    const body = '{"model":"assistant","messages":[{"role":"user","content":9007199254740993}]}';
    const answer = await servers.running.post("/api/chat", Buffer.from(body));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringContaining("messages[0].content") });
  });
});

describe("numbers in the arguments of a tool call of a server", () => {
  const spread = ARGUMENTS.replaceAll(/,(?=")/g, ",\n  ");
  const call = (args: string): string =>
    `{"index":0,"id":"c1","type":"function","function":{"name":"find","arguments":${args}}}`;
  const document = (args: string): Behaviour => {
    const message = `{"role":"assistant","content":null,"tool_calls":[${call(args)}]}`;
    return (_received, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"object":"chat.completion","choices":[{"message":${message},"finish_reason":"tool_calls"}]}`);
    };
  };
  const stream =
    (args: string): Behaviour =>
    (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: {"choices":[{"index":0,"delta":{"tool_calls":[${call(args)}]}}]}\n\n`);
      response.end(`${chunk(CHAT, "m", "", "tool_calls")}data: [DONE]\n\n`);
    };

  it.each([
    ["a text", JSON.stringify(ARGUMENTS)],
    ["a text of several lines", JSON.stringify(spread)],
    ["an object", ARGUMENTS],
  ])("keep all digits in the Ollama API, streamed or not: %s", async (_form, args) => {
    const { running, upstream } = servers;
    for (const [behaviour, streams] of [
      [document(args), false],
      [document(args), true],
      [stream(args), true],
    ] as const) {
      upstream.behave(behaviour);
      const answer = await running.post("/api/chat", { model: "assistant", messages, stream: streams });
      const lines = (await answer.text()).trimEnd().split("\n");
      for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty("error");
      expect(lines.filter((line) => line.includes(`"arguments":${ARGUMENTS}`))).toHaveLength(1);
    }
  });

  it("keep all digits in the OpenAI API where a document is sent as a stream", async () => {
    servers.upstream.behave(document(ARGUMENTS));
    const answer = await servers.running.post(CHAT, { model: "assistant", messages, stream: true });
    expect(await answer.text()).toContain(`"arguments":${ARGUMENTS}`);
  });
});

describe("a stream of several choices without [DONE]", () => {
  const choice = (index: number, content: string, finish: string | null): string =>
    event({ choices: [{ index, delta: { content }, finish_reason: finish }] });
  const answered = async (...events: readonly string[]): Promise<string> => {
    servers.upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(events.join(""));
    });
    return (await servers.running.post(CHAT, { model: "assistant", messages, stream: true, n: 2 })).text();
  };

  it("is complete when each of its choices has a finish reason", async () => {
    const both = [choice(0, "a", null), choice(1, "b", null), choice(1, "", "stop"), choice(0, "", "length")];
    expect(await answered(...both)).toContain("data: [DONE]");
  });

  it("is complete if the server ignores `n`", async () => {
    expect(await answered(choice(0, "a", null), choice(0, "", "stop"))).toContain("data: [DONE]");
  });

  it("is broken when one of them has none", async () => {
    const cut = await answered(choice(0, "a", null), choice(1, "b", null), choice(0, "", "stop"), choice(1, "c", null));
    expect(cut).toContain("failed in the middle of its response");
    expect(cut).not.toContain("data: [DONE]");
    expect(await servers.running.usage.settled(1)).toMatchObject([{ status: 502 }]);
  });
});
