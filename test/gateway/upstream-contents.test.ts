import { describe, expect, it } from "vitest";
import { CHAT, messages, startRealServers, text } from "../support/gateway/real-servers.js";
import { type Behaviour, chunk, event, json } from "../support/gateway/upstream.js";

const servers = startRealServers();

describe("parallel tool calls in the Ollama API", () => {
  const call = (more: object, name: string | undefined, args: string): object => ({
    ...more,
    function: { ...(name === undefined ? {} : { name }), arguments: args },
  });
  const calls =
    (pieces: readonly object[]): Behaviour =>
    (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of pieces) response.write(event({ choices: [{ index: 0, delta: { tool_calls: [piece] } }] }));
      response.end(`${chunk(CHAT, "m", "", "tool_calls")}data: [DONE]\n\n`);
    };
  const expected = [
    { function: { name: "weather", arguments: { city: "Oslo" } } },
    { function: { name: "time", arguments: { zone: "CET" } } },
  ];
  it.each([
    [
      "with an index",
      [
        call({ index: 0, id: "a" }, "weather", ""),
        call({ index: 1, id: "b" }, "time", '{"zone":'),
        call({ index: 0 }, undefined, '{"city":"Oslo"}'),
        call({ index: 1 }, undefined, '"CET"}'),
      ],
    ],
    [
      "without an index",
      [call({ id: "a" }, "weather", '{"city":"Oslo"}'), call({ id: "b" }, "time", '{"zone":"CET"}')],
    ],
    [
      "with one index for all",
      [
        call({ index: 0, id: "a" }, "weather", '{"city":"Oslo"}'),
        call({ index: 0, id: "b" }, "time", '{"zone":"CET"}'),
      ],
    ],
    ["without an index and an id", [call({}, "weather", '{"city":"Oslo"}'), call({}, "time", '{"zone":"CET"}')]],
    [
      "with the name in every piece",
      [
        call({ index: 0, id: "a" }, "weather", '{"city":'),
        call({ index: 0, id: "a" }, "weather", '"Oslo"}'),
        call({ index: 1, id: "b" }, "time", '{"zone":"CET"}'),
      ],
    ],
  ])("are separate: %s", async (_name, pieces) => {
    servers.upstream.behave(calls(pieces));
    const found: unknown[] = [];
    for await (const part of await servers.ollama.chat({ model: "assistant", messages, stream: true }))
      found.push(...(part.message.tool_calls ?? []));
    expect(found).toEqual(expected);
  });

  it("whose arguments are not JSON are an error", async () => {
    servers.upstream.behave(calls([call({ index: 0, id: "a" }, "weather", '{"city":')]));
    await expect(servers.ollama.chat({ model: "assistant", messages, stream: true })).rejects.toThrow(
      "the tool weather",
    );
  });
});

describe("the usage of large documents", () => {
  it.each(["before", "after"])("is read %s the data, wherever the pieces are cut", async (place) => {
    const data = Array.from({ length: 6000 }, (_, index) => ({
      object: "embedding",
      index,
      embedding: Buffer.alloc(600, index).toString("base64"),
    }));
    const counts = { prompt_tokens: 6000, total_tokens: 6000 };
    servers.upstream.behave((_received, response) =>
      json(response, 200, place === "before" ? { usage: counts, data } : { data, usage: counts }),
    );
    const answer = await servers.running.post("/v1/embeddings", {
      model: "assistant",
      input: data.map(() => "word"),
      encoding_format: "base64",
    });
    expect((await answer.text()).length).toBeGreaterThan(4_000_000);
    expect(await servers.running.usage.settled(1)).toMatchObject([
      { inputTokens: 6000, outputTokens: 0, estimated: false },
    ]);
  });

  it("is estimated within the limit of the request and the context of the model", async () => {
    const content = "word ".repeat(400_000);
    const audio = { id: "a", data: Buffer.alloc(600_000).toString("base64") };
    servers.upstream.behave((_received, response) => json(response, 200, { choices: [{ message: { content } }] }));
    await servers.running.post(CHAT, { model: "assistant", messages, max_tokens: 10 });
    await servers.running.post(CHAT, { model: "assistant", messages });
    servers.upstream.behave((_received, response) =>
      json(response, 200, { choices: [{ message: { content: "Aye", audio } }] }),
    );
    await servers.running.post(CHAT, { model: "assistant", messages });
    const events = await servers.running.usage.settled(3);
    expect(events.map(({ outputTokens }) => outputTokens)).toEqual([10, 4096, 1]);
  });

  it.each([
    ["negative", { prompt_tokens: 3, completion_tokens: -5 }],
    ["fractional", { prompt_tokens: 3.5, completion_tokens: 5 }],
    ["larger than any context", { prompt_tokens: 9e15, completion_tokens: 9e15 }],
    ["infinite", { prompt_tokens: Number.POSITIVE_INFINITY, completion_tokens: 1 }],
  ])("is estimated where a count is %s", async (_, counts) => {
    const { upstream, running, ollama } = servers;
    const wrong = JSON.stringify(counts).replaceAll("null", "1e309");
    upstream.behave(({ body, path }, response) => {
      response.writeHead(200, { "content-type": body.stream ? "text/event-stream" : "application/json" });
      const answer = body.stream
        ? `${chunk(path, "m", text, "stop")}data: {"choices":[],"usage":${wrong}}\n\ndata: [DONE]\n\n`
        : `{"choices":[{"message":{"content":"${text}"}}],"usage":${wrong}}`;
      response.end(answer);
    });
    await (await running.post(CHAT, { model: "assistant", messages })).text();
    await (await running.post(CHAT, { model: "assistant", messages, stream: true })).text();
    await ollama.chat({ model: "assistant", messages });
    for await (const part of await ollama.chat({ model: "assistant", messages, stream: true })) void part;
    for (const { inputTokens, outputTokens, estimated } of await running.usage.settled(4)) {
      expect(estimated).toBe(true);
      expect(inputTokens).toBeLessThan(10);
      expect(outputTokens).toBeGreaterThan(0);
      expect(outputTokens).toBeLessThan(10);
    }
  });
});
