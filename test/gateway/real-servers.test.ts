import { createServer, type Server } from "node:net";
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import {
  type Behaviour,
  chunk,
  event,
  json,
  startUpstream,
  type Upstream,
  usage,
  wellBehaved,
  words,
} from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const CHAT = "/v1/chat/completions";
const messages = [{ role: "user" as const, content: "Hello" }];
const text = words.join("");

let upstream: Upstream;
let backup: Upstream;
let running: TestGateway;
let client: OpenAI;
let direct: OpenAI;
let ollama: Ollama;
const logged: string[] = [];
const SECRET = "sk-platform-0123456789abcdef";

beforeAll(async () => {
  upstream = await startUpstream();
  backup = await startUpstream();
  running = await startTestGateway(
    planWith(
      `assistant: { upstreams: [{ url: "${upstream.url}", key: upstream/key }], timeout: 1s }
replaced: { upstreams: "${upstream.url}/v1", fallback: spare }
spare: { upstreams: "${backup.url}" }
steady: { upstreams: [{ url: "${upstream.url}" }, { url: "${backup.url}" }], timeout: 1s }`,
      "secrets: { upstream: { keys: [key] } }",
    ),
    {
      secrets: { "upstream/key": SECRET },
      log: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
    },
  );
  client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: key, maxRetries: 0 });
  direct = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "any", maxRetries: 0 });
  ollama = new Ollama({ host: running.url, headers: { authorization: `Bearer ${key}` } });
});
afterAll(async () => {
  await running.stop();
  await upstream.stop();
  await backup.stop();
});
afterEach(async () => {
  upstream.behave(wellBehaved);
  // A success resets the failures of a server: the next test starts with healthy ones.
  for (const model of ["assistant", "replaced", "steady", "steady"]) await complete(client, model);
  for (const name of ["keelson_usage_open_intents", "keelson_usage_unpublished_events"])
    await until(async () => metric(await running.metrics(), name) === 0);
  running.usage.events.clear();
  logged.length = 0;
  upstream.received.length = 0;
  backup.received.length = 0;
});

async function streamed(from: OpenAI, model = "assistant"): Promise<string> {
  const seen: string[] = [];
  for await (const part of await from.chat.completions.create({ model, messages, stream: true }))
    seen.push(part.choices[0]?.delta.content ?? "");
  return seen.join("");
}

async function complete(from: OpenAI, model = "assistant"): Promise<string> {
  const answer = await from.chat.completions.create({ model, messages });
  return answer.choices[0]?.message.content ?? "";
}

const encoded =
  (encoding: string, encode: (bytes: Buffer) => Buffer): Behaviour =>
  ({ path, body }, response) => {
    const bytes = body.stream
      ? Buffer.from(
          `${words.map((word) => chunk(path, body.model, word)).join("")}${chunk(path, body.model, "", "stop")}${event({ choices: [], usage })}data: [DONE]\n\n`,
        )
      : Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content: text } }], usage }));
    response.writeHead(200, {
      "content-type": body.stream ? "text/event-stream" : "application/json",
      "content-encoding": encoding,
    });
    response.end(encode(bytes));
  };

describe("a server that compresses its responses although an unencoded one was requested", () => {
  it.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["identity", (bytes: Buffer) => bytes],
    ["gzip, br", (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ])("with %s is read", async (encoding, encode) => {
    upstream.behave(encoded(encoding, encode));
    expect(await complete(client)).toBe(text);
    expect(await streamed(client)).toBe(text);
    expect(upstream.received.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "identity"]);
    const events = await running.usage.settled(2);
    expect(events.map(({ status, outputTokens, estimated }) => [status, outputTokens, estimated])).toEqual([
      [200, usage.completion_tokens, false],
      [200, usage.completion_tokens, false],
    ]);
  });

  it("sends each piece of a compressed stream when it arrives", async () => {
    let finish = (): void => {};
    upstream.behave(({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write(chunk(path, body.model, "first"));
      gzip.flush();
      finish = () => gzip.end(`${chunk(path, body.model, "", "stop")}data: [DONE]\n\n`);
    });
    const stream = await client.chat.completions.create({ model: "assistant", messages, stream: true });
    const seen: string[] = [];
    for await (const part of stream) {
      seen.push(part.choices[0]?.delta.content ?? "");
      finish();
    }
    expect(seen.join("")).toBe("first");
  });

  it("keeps the words of its errors", async () => {
    upstream.behave((_received, response) => {
      response.writeHead(400, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify({ error: { message: "temperature is too high", code: "range" } })));
    });
    await expect(complete(client)).rejects.toMatchObject({ status: 400, message: "400 temperature is too high" });
  });

  it.each([
    ["compress", "unknown", "unsupported content-encoding compress"],
    ["gzip", "no gzip at all", "invalid compressed response"],
  ])("with %s that cannot be read is a failure of the server", async (encoding, body, words) => {
    upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding });
      response.end(body);
    });
    await expect(complete(client)).rejects.toMatchObject({ status: 502, message: expect.stringContaining(words) });
    expect(await complete(client, "replaced")).toBe(text);
  });
});

describe("the end of a stream", () => {
  const parts =
    (last: string): Behaviour =>
    ({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(words.map((word) => chunk(path, body.model, word)).join("") + last);
    };
  const stop = chunk(CHAT, "m", "", "stop");
  it.each([
    ["a finish reason", stop],
    ["a finish reason and counts", stop + event({ choices: [], usage })],
    ["a finish reason without its blank line", stop.trimEnd()],
    ["[DONE] without its blank line", `${stop}data: [DONE]`],
    ["[DONE] alone", "data: [DONE]\n\n"],
  ])("is %s", async (_name, last) => {
    upstream.behave(parts(last));
    expect(await streamed(direct)).toBe(text);
    expect(await streamed(client)).toBe(text);
    const lines = (await (await running.post(CHAT, { model: "assistant", messages, stream: true })).text()).trimEnd();
    expect(lines.endsWith("data: [DONE]")).toBe(true);
    for await (const part of await ollama.chat({ model: "assistant", messages, stream: true }))
      if (part.done) expect(part.done_reason).toBe("stop");
    expect((await running.usage.settled(3)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([
    ["nothing", ""],
    ["a part of an event", 'data: {"choi'],
  ])("is not %s", async (_name, last) => {
    upstream.behave(parts(last));
    await expect(streamed(client)).rejects.toThrow("failed in the middle of its response");
    expect(await running.usage.settled(1)).toMatchObject([{ status: 502, outputTokens: words.length }]);
  });
});

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
    upstream.behave((_received, response) => json(response, 400, { error: { message: "temperature is too high" } }));
    await expect(streamed(client)).rejects.toThrow("temperature is too high");
    await expect(
      client.chat.completions.create({
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
    upstream.behave(behaviour);
    await expect(complete(client)).rejects.toMatchObject({ status: 502, message: expect.stringContaining(words) });
    await expect(ollama.chat({ model: "assistant", messages })).rejects.toThrow(words);
    const events = await running.usage.settled(2);
    expect(events.map(({ status, outputTokens }) => [status, outputTokens])).toEqual([
      [502, 0],
      [502, 0],
    ]);
    expect(await complete(client, "replaced")).toBe(text);
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
    upstream.behave(plain(body, "text/event-stream"));
    await expect(streamed(client)).rejects.toMatchObject({ status: 502, message: expect.stringContaining(words) });
    await expect(ollama.chat({ model: "assistant", messages, stream: true })).rejects.toThrow(words);
    const events = await running.usage.settled(2);
    expect(events.map(({ status, outputTokens }) => [status, outputTokens])).toEqual([
      [502, 0],
      [502, 0],
    ]);
    expect(await streamed(client, "replaced")).toBe(text);
  });

  it.each([
    ["without data", { object: "list", usage: { prompt_tokens: 3 } }],
    ["with an error", { error: { message: "data is too long" } }],
  ])("is a failure of the server: embeddings %s", async (_name, body) => {
    upstream.behave((_received, response) => json(response, 200, body));
    await expect(client.embeddings.create({ model: "assistant", input: "x" })).rejects.toMatchObject({ status: 502 });
    await expect(ollama.embed({ model: "assistant", input: "x" })).rejects.toThrow("data");
  });

  it("ends a stream with an error that comes after content, and counts nothing for it", async () => {
    let fail = (): void => {};
    upstream.behave(({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk(path, body.model, "Fair "));
      const message = "the GPU is lost, and with it every word of a long answer";
      fail = () => response.end(`${event({ error: { message } })}data: [DONE]\n\n`);
    });
    const read = async (): Promise<void> => {
      for await (const _part of await client.chat.completions.create({ model: "assistant", messages, stream: true }))
        fail();
    };
    await expect(read()).rejects.toThrow("the GPU is lost");
    expect(await running.usage.settled(1)).toMatchObject([{ status: 502, outputTokens: 1 }]);
  });

  it("does not take a text that contains the word for an error", async () => {
    upstream.behave((received, response) => {
      const content = 'an "error": {"message"}';
      if (!received.body.stream)
        return json(response, 200, { choices: [{ message: { content } }], error: null, usage });
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk(received.path, "m", "so"));
      response.write(chunk(received.path, "m", "error"));
      response.end(`${chunk(received.path, "m", content, "stop")}data: [DONE]\n\n`);
    });
    expect(await complete(client)).toContain("error");
    expect(await streamed(client)).toBe('soerroran "error": {"message"}');
  });

  it("does not eject a server for an error that a request may have caused", async () => {
    upstream.behave(plain('{"error":{"message":"the prompt is too long","type":"invalid_request_error"}}'));
    for (let count = 0; count < 5; count += 1) await expect(complete(client)).rejects.toMatchObject({ status: 502 });
    upstream.behave(wellBehaved);
    expect(await complete(client)).toBe(text);
  });

  it("sends a complete document as a stream of one piece when a stream was requested", async () => {
    upstream.behave(({ body }, response) =>
      wellBehaved({ path: CHAT, headers: {}, text: "", body: { ...body, stream: false } }, response),
    );
    expect(await streamed(client)).toBe(text);
    const seen: string[] = [];
    for await (const part of await ollama.chat({ model: "assistant", messages, stream: true }))
      seen.push(part.message.content);
    expect(seen.join("")).toBe(text);
    expect((await running.usage.settled(2)).map(({ outputTokens }) => outputTokens)).toEqual([5, 5]);
  });
});

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
    upstream.behave(calls(pieces));
    const found: unknown[] = [];
    for await (const part of await ollama.chat({ model: "assistant", messages, stream: true }))
      found.push(...(part.message.tool_calls ?? []));
    expect(found).toEqual(expected);
  });

  it("whose arguments are not JSON are an error", async () => {
    upstream.behave(calls([call({ index: 0, id: "a" }, "weather", '{"city":')]));
    await expect(ollama.chat({ model: "assistant", messages, stream: true })).rejects.toThrow("the tool weather");
  });
});

describe("a slow server", () => {
  it("has one limit until the first content, also after its head and comments, and is not requested again", async () => {
    upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const comments = setInterval(() => response.write(": still here\n\n"), 100);
      response.on("close", () => clearInterval(comments));
    });
    await expect(streamed(client)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining("sent no content within 1 s"),
    });
    expect(upstream.received).toHaveLength(1);
    upstream.behave(() => {});
    await expect(complete(client)).rejects.toMatchObject({ status: 502 });
    expect(upstream.received).toHaveLength(2);
  });

  it("may take longer than the limit for all of its content", async () => {
    upstream.behave(async ({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const word of words) {
        response.write(chunk(path, body.model, word));
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      response.end(`${chunk(path, body.model, "", "stop")}data: [DONE]\n\n`);
    });
    expect(await streamed(client)).toBe(text);
  });

  it("is replaced by another server", async () => {
    upstream.behave(() => {});
    const answers = await Promise.all([complete(client, "steady"), complete(client, "steady")]);
    expect(answers).toEqual([text, text]);
    expect(upstream.received.length).toBeLessThanOrEqual(2);
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
    upstream.behave((_received, response) => json(response, status, body));
    const answers = [
      await running.post(CHAT, { model: "assistant", messages }),
      await running.post("/api/chat", { model: "assistant", messages, stream: false }),
    ];
    for (const answer of answers) {
      const body = await answer.text();
      expect(answer.status).toBe(502);
      expect(body).not.toMatch(/sk-|secret/);
      expect(body).toMatch(/the platform's own API key|does not serve this model/);
    }
    expect(logged.join("")).toMatch(/API key|proj_secret|acct_secret|secret-name/);
    expect(logged.join("")).not.toContain(SECRET);
  });
});

describe("the base address of a server", () => {
  it.each([
    ["", "/v1/chat/completions"],
    ["/", "/v1/chat/completions"],
    ["/v1", "/v1/chat/completions"],
    ["/v1/", "/v1/chat/completions"],
    ["/api/paas/v4", "/api/paas/v4/chat/completions"],
    ["/openai?api-version=2026-01-01", "/openai/chat/completions?api-version=2026-01-01"],
    ["?tenant=a", "/v1/chat/completions?tenant=a"],
  ])("%s leads to %s", async (base, path) => {
    const own = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}${base}" }`));
    upstream.behave((received, response) =>
      wellBehaved({ ...received, path: received.path.replace(/\?.*/, "") }, response),
    );
    await own.post(CHAT, { model: "assistant", messages });
    expect(upstream.received.at(-1)?.path).toBe(path);
    await own.stop();
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
    upstream.behave((_received, response) =>
      json(response, 200, place === "before" ? { usage: counts, data } : { data, usage: counts }),
    );
    const answer = await running.post("/v1/embeddings", {
      model: "assistant",
      input: data.map(() => "word"),
      encoding_format: "base64",
    });
    expect((await answer.text()).length).toBeGreaterThan(4_000_000);
    expect(await running.usage.settled(1)).toMatchObject([{ inputTokens: 6000, outputTokens: 0, estimated: false }]);
  });

  it("is estimated within the limit of the request and the context of the model", async () => {
    const content = "word ".repeat(400_000);
    const audio = { id: "a", data: Buffer.alloc(600_000).toString("base64") };
    upstream.behave((_received, response) => json(response, 200, { choices: [{ message: { content } }] }));
    await running.post(CHAT, { model: "assistant", messages, max_tokens: 10 });
    await running.post(CHAT, { model: "assistant", messages });
    upstream.behave((_received, response) =>
      json(response, 200, { choices: [{ message: { content: "Aye", audio } }] }),
    );
    await running.post(CHAT, { model: "assistant", messages });
    const events = await running.usage.settled(3);
    expect(events.map(({ outputTokens }) => outputTokens)).toEqual([10, 4096, 1]);
  });
});

describe("a connection that is never made", () => {
  it("has sent nothing: the request is retried there until the queue's deadline", async () => {
    const port = Number(new URL(upstream.url).port);
    await upstream.stop();
    const answer = complete(client);
    upstream = await startUpstream(wellBehaved, port);
    expect(await answer).toBe(text);
  });

  it("is retried although the server closes connections before they are used", async () => {
    let refused = 0;
    const closing: Server = createServer((socket) => {
      refused += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
    const address = closing.address();
    const url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
    const own = await startTestGateway(
      planWith(`assistant: { upstreams: [{ url: "${url}" }, { url: "${backup.url}" }] }`),
    );
    for (let count = 0; count < 4; count += 1)
      expect((await own.post(CHAT, { model: "assistant", messages })).status).toBe(200);
    expect(refused).toBeGreaterThan(0);
    expect(metric(await own.metrics(), "keelson_gateway_retries_total")).toBeGreaterThan(0);
    await own.stop();
    closing.close();
  });
});
