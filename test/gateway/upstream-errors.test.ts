import { Ollama } from "ollama";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { key, planWith, startTestGateway } from "../support/gateway/gateway.js";
import { CHAT, complete, messages, SECRET, startRealServers, streamed, text } from "../support/gateway/real-servers.js";
import { type Behaviour, chunk, event, json, startUpstream, usage, wellBehaved } from "../support/gateway/upstream.js";

const servers = startRealServers();

describe("a server that refuses what the gateway adds", () => {
  const refusing =
    (message: string): Behaviour =>
    (received, response) =>
      received.body.stream_options === undefined
        ? wellBehaved(received, response)
        : json(response, 400, { error: { message, type: "invalid_request_error" } });

  it.each(["Unknown parameter: stream_options", "Additional properties are not allowed"])(
    "is requested without it, and remembered (%s)",
    async (message) => {
      const server = await startUpstream(refusing(message));
      const own = await startTestGateway(planWith(`assistant: { upstreams: "${server.url}" }`));
      const from = new OpenAI({ baseURL: `${own.url}/v1`, apiKey: key, maxRetries: 0 });
      expect(await streamed(from)).toBe(text);
      expect(await streamed(from)).toBe(text);
      expect(server.received).toHaveLength(3);
      const events = await own.usage.settled(2);
      expect(events.map(({ status, estimated }) => [status, estimated])).toEqual([
        [200, true],
        [200, true],
      ]);
      const stream = await new Ollama({ host: own.url, headers: { authorization: `Bearer ${key}` } }).chat({
        model: "assistant",
        messages,
        stream: true,
      });
      for await (const part of stream) expect(part.model).toBe("assistant");
      expect(server.received).toHaveLength(4);
      await own.stop();
      await server.stop();
    },
  );

  it("still returns the server's error when the request itself is at fault", async () => {
    servers.upstream.behave((_received, response) =>
      json(response, 400, { error: { message: "temperature is too high" } }),
    );
    await expect(streamed(servers.client)).rejects.toThrow("temperature is too high");
    await expect(
      servers.client.chat.completions.create({
        model: "assistant",
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ).rejects.toThrow("temperature is too high");
  });
});

describe("a response with status 200 that is no answer", () => {
  const plain =
    (body: string, type = "application/json", status = 200, headers: Record<string, string> = {}): Behaviour =>
    (_received, response) => {
      response.writeHead(status, { "content-type": type, ...headers });
      response.end(body);
    };
  const cases: readonly (readonly [string, Behaviour, string])[] = [
    ["an error document", plain('{"error":{"message":"the GPU is lost","type":"server_error"}}'), "the GPU is lost"],
    ["an error text", plain('{"error":"the GPU is lost"}'), "the GPU is lost"],
    ["an error with empty choices", plain('{"choices":[],"error":{"message":"the GPU is lost"}}'), "the GPU is lost"],
    ["an error of vLLM", plain('{"object":"error","message":"the GPU is lost","code":500}'), "the GPU is lost"],
    ["HTML", plain("<!doctype html><title>Sign in</title>", "text/html"), "HTML"],
    ["an empty body", plain(""), "an empty body"],
    ["white space", plain(" \n\n "), "an empty body"],
    ["text", plain("upstream connect error", "text/plain"), "upstream connect error"],
    ["JSON that is cut", plain('{"choices":[{"message":'), "incomplete"],
    ["another document", plain('{"id":"x"}'), "choices"],
    ["a list", plain("[]"), "no JSON"],
    ["status 204", plain("", "text/plain", 204), "204"],
    ["status 202", plain("{}", "application/json", 202), "202"],
    [
      "a redirect",
      plain("", "text/plain", 307, { location: "https://sso.example/login?token=x" }),
      "https://sso.example/login",
    ],
  ];

  it.each(cases)("is a failure of the server: %s", async (_name, behaviour, words) => {
    servers.upstream.behave(behaviour);
    await expect(complete(servers.client)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining(words),
    });
    await expect(servers.ollama.chat({ model: "assistant", messages })).rejects.toThrow(words);
    const events = await servers.running.usage.settled(2);
    expect(events.map(({ status, outputTokens }) => [status, outputTokens])).toEqual([
      [502, 0],
      [502, 0],
    ]);
    expect(await complete(servers.client, "replaced")).toBe(text);
  });

  it.each([
    ["an error event", event({ error: { message: "the GPU is lost" } }), "the GPU is lost"],
    ["an error event and [DONE]", `${event({ error: "the GPU is lost" })}data: [DONE]\n\n`, "the GPU is lost"],
    ["an error event after a comment", `: waiting\n\n${event({ error: { message: "lost" } })}`, "lost"],
    ["an event named error", `event: error\n${event({ type: "error", error: { message: "lost" } })}`, "lost"],
    ["an error document", '{"error":{"message":"the GPU is lost"}}', "the GPU is lost"],
    ["HTML", "<html></html>", "HTML"],
    ["nothing", "", "an empty body"],
    ["only comments", ": waiting\n\n", "without an answer"],
    ["only [DONE]", "data: [DONE]\n\n", "without an answer"],
  ])("is a failure of the server when a stream was requested: %s", async (_name, body, words) => {
    servers.upstream.behave(plain(body, "text/event-stream"));
    await expect(streamed(servers.client)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining(words),
    });
    await expect(servers.ollama.chat({ model: "assistant", messages, stream: true })).rejects.toThrow(words);
    const events = await servers.running.usage.settled(2);
    expect(events.map(({ status, outputTokens }) => [status, outputTokens])).toEqual([
      [502, 0],
      [502, 0],
    ]);
    expect(await streamed(servers.client, "replaced")).toBe(text);
  });

  it.each([
    ["without data", { object: "list", usage: { prompt_tokens: 3 } }],
    ["with an error", { error: { message: "data is too long" } }],
  ])("is a failure of the server: embeddings %s", async (_name, body) => {
    servers.upstream.behave((_received, response) => json(response, 200, body));
    await expect(servers.client.embeddings.create({ model: "assistant", input: "x" })).rejects.toMatchObject({
      status: 502,
    });
    await expect(servers.ollama.embed({ model: "assistant", input: "x" })).rejects.toThrow("data");
  });

  it("ends a stream with an error that comes after content, and counts nothing for it", async () => {
    let fail = (): void => {};
    servers.upstream.behave(({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk(path, body.model, "Fair "));
      const message = "the GPU is lost, and with it every word of a long answer";
      fail = () => response.end(`${event({ error: { message } })}data: [DONE]\n\n`);
    });
    const read = async (): Promise<void> => {
      for await (const _part of await servers.client.chat.completions.create({
        model: "assistant",
        messages,
        stream: true,
      }))
        fail();
    };
    await expect(read()).rejects.toThrow("the GPU is lost");
    expect(await servers.running.usage.settled(1)).toMatchObject([{ status: 502, outputTokens: 1 }]);
  });

  it("does not take a text that contains the word for an error", async () => {
    servers.upstream.behave((received, response) => {
      const content = 'an "error": {"message"}';
      if (!received.body.stream)
        return json(response, 200, { choices: [{ message: { content } }], error: null, usage });
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk(received.path, "m", "so"));
      response.write(chunk(received.path, "m", "error"));
      response.end(`${chunk(received.path, "m", content, "stop")}data: [DONE]\n\n`);
    });
    expect(await complete(servers.client)).toContain("error");
    expect(await streamed(servers.client)).toBe('soerroran "error": {"message"}');
  });

  it("does not eject a server for an error that a request may have caused", async () => {
    servers.upstream.behave(plain('{"error":{"message":"the prompt is too long","type":"invalid_request_error"}}'));
    for (let count = 0; count < 5; count += 1)
      await expect(complete(servers.client)).rejects.toMatchObject({ status: 502 });
    servers.upstream.behave(wellBehaved);
    expect(await complete(servers.client)).toBe(text);
  });

  it("sends a complete document as a stream of one piece when a stream was requested", async () => {
    servers.upstream.behave(({ body }, response) =>
      wellBehaved({ path: CHAT, headers: {}, text: "", body: { ...body, stream: false } }, response),
    );
    expect(await streamed(servers.client)).toBe(text);
    const seen: string[] = [];
    for await (const part of await servers.ollama.chat({ model: "assistant", messages, stream: true }))
      seen.push(part.message.content);
    expect(seen.join("")).toBe(text);
    expect((await servers.running.usage.settled(2)).map(({ outputTokens }) => outputTokens)).toEqual([5, 5]);
  });
});

describe("the words of a server about the platform's own key", () => {
  it.each([
    [401, { error: { message: `Incorrect API key provided: ${SECRET}` } }],
    [403, { error: { message: "Project proj_secret may not use this model" } }],
    [402, { error: { message: "Insufficient Balance of account acct_secret" } }],
    [404, { error: { message: "The model `secret-name` does not exist" } }],
    [400, { error: { message: `API key not valid: ${SECRET}` } }],
    [200, { error: { message: `Incorrect API key provided: ${SECRET}`, code: 401 } }],
  ])("are not for the client, but for the log: status %i", async (status, body) => {
    servers.upstream.behave((_received, response) => json(response, status, body));
    const answers = [
      await servers.running.post(CHAT, { model: "assistant", messages }),
      await servers.running.post("/api/chat", { model: "assistant", messages, stream: false }),
    ];
    for (const answer of answers) {
      const body = await answer.text();
      expect(answer.status).toBe(502);
      expect(body).not.toMatch(/sk-|secret/);
      expect(body).toMatch(/the platform's own API key|does not serve this model/);
    }
    expect(servers.logged.join("")).toMatch(/API key|proj_secret|acct_secret|secret-name/);
    expect(servers.logged.join("")).not.toContain(SECRET);
  });
});
