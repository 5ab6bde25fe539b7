import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CHAT, complete, messages, startRealServers, streamed, text } from "../support/gateway/real-servers.js";
import { type Behaviour, chunk, event, usage, words } from "../support/gateway/upstream.js";

const servers = startRealServers();

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
    servers.upstream.behave(encoded(encoding, encode));
    expect(await complete(servers.client)).toBe(text);
    expect(await streamed(servers.client)).toBe(text);
    expect(servers.upstream.received.map(({ headers }) => headers["accept-encoding"])).toEqual([
      "identity",
      "identity",
    ]);
    const events = await servers.running.usage.settled(2);
    expect(events.map(({ status, outputTokens, estimated }) => [status, outputTokens, estimated])).toEqual([
      [200, usage.completion_tokens, false],
      [200, usage.completion_tokens, false],
    ]);
  });

  it("sends each piece of a compressed stream when it arrives", async () => {
    let finish = (): void => {};
    servers.upstream.behave(({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write(chunk(path, body.model, "first"));
      gzip.flush();
      finish = () => gzip.end(`${chunk(path, body.model, "", "stop")}data: [DONE]\n\n`);
    });
    const stream = await servers.client.chat.completions.create({ model: "assistant", messages, stream: true });
    const seen: string[] = [];
    for await (const part of stream) {
      seen.push(part.choices[0]?.delta.content ?? "");
      finish();
    }
    expect(seen.join("")).toBe("first");
  });

  it("keeps the words of its errors", async () => {
    servers.upstream.behave((_received, response) => {
      response.writeHead(400, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify({ error: { message: "temperature is too high", code: "range" } })));
    });
    await expect(complete(servers.client)).rejects.toMatchObject({
      status: 400,
      message: "400 temperature is too high",
    });
  });

  it.each([
    ["compress", "unknown", "unsupported content-encoding compress"],
    ["gzip", "no gzip at all", "invalid compressed response"],
  ])("with %s that cannot be read is a failure of the server", async (encoding, body, words) => {
    servers.upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding });
      response.end(body);
    });
    await expect(complete(servers.client)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining(words),
    });
    expect(await complete(servers.client, "replaced")).toBe(text);
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
    servers.upstream.behave(parts(last));
    expect(await streamed(servers.direct)).toBe(text);
    expect(await streamed(servers.client)).toBe(text);
    const lines = (
      await (await servers.running.post(CHAT, { model: "assistant", messages, stream: true })).text()
    ).trimEnd();
    expect(lines.endsWith("data: [DONE]")).toBe(true);
    for await (const part of await servers.ollama.chat({ model: "assistant", messages, stream: true }))
      if (part.done) expect(part.done_reason).toBe("stop");
    expect((await servers.running.usage.settled(3)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([
    ["nothing", ""],
    ["a part of an event", 'data: {"choi'],
  ])("is not %s", async (_name, last) => {
    servers.upstream.behave(parts(last));
    await expect(streamed(servers.client)).rejects.toThrow("failed in the middle of its response");
    expect(await servers.running.usage.settled(1)).toMatchObject([{ status: 502, outputTokens: words.length }]);
  });
});

describe("what precedes an answer", () => {
  const filled = (head: object, filling: string, bytes: number, encode = (all: Buffer): Buffer => all): Behaviour => {
    const all = encode(Buffer.from(filling.repeat(Math.ceil(bytes / filling.length))));
    return (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", ...head });
      response.write(all);
    };
  };

  it.each([
    ["white space", filled({}, " \n", 32 * 1024 * 1024)],
    ["comments", filled({}, ": wait\n\n", 32 * 1024 * 1024)],
    ["compressed white space", filled({ "content-encoding": "gzip" }, " ", 256 * 1024 * 1024, (all) => gzipSync(all))],
  ])("is limited: %s without end is a failure, and other requests do not wait", async (_, behaviour) => {
    const before = process.memoryUsage().rss;
    const { client, upstream } = servers;
    upstream.behave(behaviour);
    const failed = Promise.allSettled([streamed(client), complete(client)]);
    const others = [streamed(client, "spare"), complete(client, "spare")];
    const startedAt = performance.now();
    expect(await Promise.all(others)).toEqual([text, text]);
    const refused = { status: "rejected", reason: { status: 502 } };
    expect(await failed).toMatchObject([refused, refused]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });

  it("may be white space, comments and a byte order mark, in any pieces", async () => {
    const { client, upstream } = servers;
    upstream.behave(({ path, body }, response) => {
      const start = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(" \n\n: wait\n\n")]);
      const pieces = [...start].map((byte) => Buffer.from([byte]));
      const answer = body.stream
        ? `${chunk(path, "m", text)}${chunk(path, "m", "", "stop")}data: [DONE]\n\n`
        : JSON.stringify({ choices: [{ message: { content: text } }] });
      response.writeHead(200, { "content-type": "text/event-stream" });
      const send = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) response.end(answer);
        else response.write(body.stream ? piece : " ", () => setTimeout(send, 1));
      };
      send();
    });
    expect(await streamed(client)).toBe(text);
    expect(await complete(client)).toBe(text);
  });
});

describe("the type of a response", () => {
  it("is that of the API, whatever the server names it", async () => {
    servers.upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/html; json" });
      response.end(JSON.stringify({ choices: [{ message: { content: "<script>" } }], usage }));
    });
    const answer = await servers.running.post(CHAT, { model: "assistant", messages });
    expect(answer.headers.get("content-type")).toBe("application/json");
  });
});
