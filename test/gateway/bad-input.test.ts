import { createConnection } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 64 }`), {
    limits: { headersTimeout: 1000, requestTimeout: 4000 },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

/** Sends bytes as they are and returns the response until the connection ends, or until `limitMs`. A slow client waits `intervalMs` after each part. */
async function raw(parts: readonly (string | Buffer)[], limitMs = 6000, intervalMs = 0): Promise<string> {
  const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
  let seen = "";
  socket.on("data", (data) => {
    seen += data.toString("latin1");
  });
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    if (intervalMs > 0) await sleep(intervalMs);
  }
  await Promise.race([ended, sleep(limitMs)]);
  socket.destroy();
  return seen;
}

const head = (path: string, extra = ""): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n${extra}`;
const good = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };

interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

async function openAiError(answer: Response): Promise<OpenAiError["error"]> {
  const { error } = (await answer.json()) as OpenAiError;
  expect(typeof error.message).toBe("string");
  expect(typeof error.type).toBe("string");
  expect(error).toHaveProperty("param");
  expect(error).toHaveProperty("code");
  return error;
}

describe("an invalid body is refused with its status, in the shape of the API", () => {
  const cases: readonly (readonly [string, string | Buffer | object, number, string])[] = [
    ["nothing", "", 400, "invalid_body"],
    ["no JSON", "hello", 400, "invalid_body"],
    ["JSON cut short", '{"model":"assistant","messages":[', 400, "invalid_body"],
    ["something after the end", `${JSON.stringify(good)} x`, 400, "invalid_body"],
    ["a list", "[]", 400, "invalid_body"],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from('{"model":"assistant","messages":[{"role":"user","content":"'),
        Buffer.from([0xc3, 0x28, 0xff]),
        Buffer.from('"}]}'),
      ]),
      400,
      "invalid_body",
    ],
    [
      "lists 100,000 deep",
      `{"model":"assistant","messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      400,
      "invalid_body",
    ],
    [
      "objects 100,000 deep",
      `{"model":"assistant","messages":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`,
      400,
      "invalid_body",
    ],
    ["no model", { messages: good.messages }, 400, "invalid_body"],
    ["a model that is a number", { ...good, model: 5 }, 400, "invalid_body"],
    ["a model without a name", { ...good, model: "" }, 400, "invalid_body"],
    ["an unknown model", { ...good, model: "missing" }, 404, "model_not_found"],
    ["a model with a very long name", { ...good, model: "x".repeat(100_000) }, 404, "model_not_found"],
    ["no messages", { model: "assistant" }, 400, "invalid_body"],
    ["messages that are a text", { ...good, messages: "hello" }, 400, "invalid_body"],
    ["no message in messages", { ...good, messages: [] }, 400, "invalid_body"],
    ["messages that are texts", { ...good, messages: ["hello"] }, 400, "invalid_body"],
    ["stream that is a text", { ...good, stream: "yes" }, 400, "invalid_body"],
    ["stream options that are a list", { ...good, stream: true, stream_options: [] }, 400, "invalid_body"],
    [
      "two models",
      '{"model":"assistant","model":"other","messages":[{"role":"user","content":"x"}]}',
      400,
      "invalid_body",
    ],
  ];
  it.each(cases)("%s", async (_what, body, status, code) => {
    const answer = await gateway.post("/v1/chat/completions", Buffer.isBuffer(body) ? new Uint8Array(body) : body);
    expect(answer.status).toBe(status);
    expect((await openAiError(answer)).code).toBe(code);
  });

  it("names the invalid field", async () => {
    const answer = await gateway.post("/v1/chat/completions", { ...good, model: 5 });
    expect(await openAiError(answer)).toEqual({
      message: "model must be a string",
      type: "invalid_request_error",
      param: "model",
      code: "invalid_body",
    });
  });

  it("states under /api what was expected and what was sent", async () => {
    for (const [path, body, message] of [
      ["/api/chat", { model: "assistant", messages: "x" }, 'messages must be a list, but "x" was given'],
      [
        "/api/chat",
        { model: "assistant", messages: [{ role: "robot" }] },
        /^messages\[0\]\.role must be one of .*"robot" was/,
      ],
      ["/api/embed", { model: "assistant" }, "input is missing: it must be a string or a list"],
      ["/api/generate", { model: 5 }, "model must be a string, but 5 was given"],
      ["/api/generate", { model: null }, "model must be a string, but null was given"],
      ["/api/generate", { prompt: "x" }, "model is missing: it must be a string"],
      [
        "/api/generate",
        { model: "a", options: { top_p: [] } },
        "options.top_p must be a number, but an empty list was given",
      ],
    ] as const) {
      const { error } = await (await gateway.post(path, body)).json();
      if (typeof message === "string") expect(error).toBe(message);
      else expect(error).toMatch(message);
    }
  });

  it("in the shape of the Ollama API under /api", async () => {
    for (const [path, body] of [
      ["/api/chat", "{"],
      ["/api/chat", { model: "assistant", messages: "x" }],
      ["/api/generate", { model: 5 }],
      ["/api/embed", { model: "assistant" }],
      ["/api/show", []],
      ["/api/chat", `{"model":"assistant","messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ] as const) {
      const answer = await gateway.post(path, body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ error: expect.any(String) });
    }
  });

  it("refuses 50 MB with 413, with a content-length or chunked, and the connection stays usable", async () => {
    const big = new Uint8Array(50 * 1024 * 1024).fill(0x20);
    const declared = await gateway.post("/v1/chat/completions", big);
    expect(declared.status).toBe(413);
    expect((await openAiError(declared)).code).toBe("body_too_large");
    const chunked = await fetch(`${gateway.url}/api/chat`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: new ReadableStream({
        start(controller) {
          for (let count = 0; count < 50; count += 1) controller.enqueue(new Uint8Array(1024 * 1024));
          controller.close();
        },
      }),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toEqual({ error: "the body is larger than 32 MiB" });
    expect((await gateway.post("/v1/chat/completions", good)).status).toBe(200);
    expect(metric(await gateway.metrics(), "keelson_gateway_held_body_bytes")).toBe(0);
  });

  it("of millions of values costs other requests no time, and the gateway no memory", async () => {
    const values = (value: string, bytes: number): string =>
      Array(Math.floor(bytes / (value.length + 1)))
        .fill(value)
        .join();
    const megabytes = 12 * 1024 * 1024;
    const bodies: readonly (readonly [string, string])[] = [
      ["/api/chat", `{"model":"assistant","messages":[${values("1", megabytes)}]}`],
      ["/api/chat", `{"model":"assistant","messages":[${values("{}", megabytes)}]}`],
      ["/api/chat", `{"model":"assistant","messages":[{"role":"user","images":[${values("1", megabytes)}]}]}`],
      ["/api/embed", `{"model":"assistant","input":[${values("1", megabytes)}]}`],
      ["/api/generate", `{"model":"assistant","prompt":"x","options":{"stop":[${values("1", megabytes)}]}}`],
      ["/v1/chat/completions", `{"model":"assistant","messages":[${values("{}", megabytes)}]}`],
    ];
    const before = process.memoryUsage().rss;
    for (const [path, body] of bodies) {
      const startedAt = performance.now();
      const answer = gateway.post(path, body);
      expect((await gateway.post("/v1/chat/completions", good)).status).toBe(200);
      expect((await answer).status, path).toBe(400);
      expect(performance.now() - startedAt, `${path} ${body.slice(0, 60)}`).toBeLessThan(3_000);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024);
  });

  it("refuses compressed bodies, unknown paths and wrong methods", async () => {
    expect((await gateway.post("/v1/chat/completions", good, { "content-encoding": "gzip" })).status).toBe(415);
    expect((await gateway.post("/v1/nothing", good)).status).toBe(404);
    expect((await gateway.post("/api/pull", { model: "x" })).status).toBe(404);
    const get = await fetch(`${gateway.url}/v1/chat/completions`);
    expect(get.status).toBe(405);
    expect(get.headers.get("allow")).toBe("POST");
  });

  it("counts refusals", async () => {
    const text = await gateway.metrics();
    expect(metric(text, "keelson_gateway_refused_total", { code: "invalid_body" })).toBeGreaterThan(15);
    expect(metric(text, "keelson_gateway_refused_total", { code: "body_too_large" })).toBe(2);
  });
});

describe("an invalid HTTP request", () => {
  it("whose headers or body arrive too slowly is refused with 408", async () => {
    const startedAt = Date.now();
    const [headers, body] = await Promise.all([
      raw(
        [
          "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n",
          ...Array.from({ length: 12 }, (_, index) => `x-${index}: 1\r\n`),
        ],
        6000,
        300,
      ),
      raw(
        [head("/v1/chat/completions", "content-length: 1000\r\n\r\n"), ...Array.from({ length: 20 }, () => " ")],
        8000,
        400,
      ),
    ]);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(headers).toContain('"type":"invalid_request_error"');
    expect(body).toMatch(/^HTTP\/1\.1 408 /);
    expect(Date.now() - startedAt).toBeLessThan(9000);
  }, 20_000);

  it("with too many headers is refused with 431, in the shape of the API that was called", async () => {
    const flood = Array.from({ length: 2000 }, (_, index) => `x-flood-${index}: ${"y".repeat(20)}\r\n`).join("");
    const openai = await raw([`${head("/v1/chat/completions")}${flood}\r\n`]);
    expect(openai).toMatch(/^HTTP\/1\.1 431 /);
    expect(openai).toContain('{"error":{"message":');
    const one = await raw([`${head("/v1/chat/completions")}x-long: ${"y".repeat(100_000)}\r\n\r\n`]);
    expect(one).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("without a Host is refused with 400, in the shape of the API that was called", async () => {
    const openai = await raw(["POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 0\r\n\r\n"]);
    expect(openai).toMatch(/^HTTP\/1\.1 400 /);
    expect(openai).toContain('{"error":{"message":"the request has no Host header","type":"invalid_request_error"');
    const ollama = await raw(["POST /api/chat HTTP/1.1\r\ncontent-length: 0\r\n\r\n"]);
    expect(ollama).toContain('{"error":"the request has no Host header"}');
  });

  it("that expects 100-continue receives it only if its body will be read", async () => {
    const body = JSON.stringify(good);
    const asking = (length: number): string =>
      head("/v1/chat/completions", `content-length: ${length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`);
    const taken = await raw([asking(body.length), body], 6000, 200);
    expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(await raw([asking(50 * 1024 * 1024)])).toMatch(/^HTTP\/1\.1 413 /);
    expect(await raw([asking(10).replace(key, "wrong")])).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("with another expectation is refused with 417", async () => {
    const answer = await raw([head("/api/chat", "content-length: 0\r\nexpect: miracles\r\n\r\n")]);
    expect(answer).toMatch(/^HTTP\/1\.1 417 /);
    expect(answer).toContain('{"error":"the only supported expectation is 100-continue"}');
  });

  it("with invalid chunks is refused with 400", async () => {
    for (const nonsense of [
      "zz\r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n",
      "5;".padEnd(30_000, "x"),
      "ffffffffffffffffff\r\n",
    ]) {
      const answer = await raw(
        [`${head("/v1/chat/completions", "transfer-encoding: chunked\r\n\r\n")}${nonsense}`],
        3000,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 4(00|13) /);
    }
    const both = await raw(
      [`${head("/v1/chat/completions", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n")}0\r\n\r\n`],
      3000,
    );
    expect(both).toMatch(/^HTTP\/1\.1 400 /);
  }, 20_000);

  it("is counted by status", async () => {
    const text = await gateway.metrics();
    for (const status of ["400", "408", "417", "431"])
      expect(metric(text, "keelson_http_refused_total", { status })).toBeGreaterThan(0);
  });
});

describe("random input", () => {
  it("never crashes the gateway, and receives a result or an error of the API", async () => {
    const body = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record(
          {
            model: fc.oneof(fc.constant("assistant"), fc.string(), fc.jsonValue()),
            messages: fc.oneof(
              fc.array(fc.record({ role: fc.constantFrom("user", "x"), content: fc.jsonValue() })),
              fc.jsonValue(),
            ),
            prompt: fc.oneof(fc.string(), fc.jsonValue()),
            input: fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1 }), fc.jsonValue()),
            stream: fc.oneof(fc.boolean(), fc.jsonValue()),
            stream_options: fc.oneof(fc.constant({ include_usage: true }), fc.jsonValue()),
            options: fc.jsonValue(),
            format: fc.jsonValue(),
          },
          { requiredKeys: ["model"] },
        )
        .map((object) => Buffer.from(JSON.stringify(object))),
    );
    const path = fc.constantFrom(
      "/v1/chat/completions",
      "/v1/completions",
      "/v1/embeddings",
      "/v1/models",
      "/api/chat",
      "/api/generate",
      "/api/embed",
      "/api/embeddings",
      "/api/show",
      "/api/tags",
    );
    await fc.assert(
      fc.asyncProperty(path, body, async (at, bytes) => {
        const answer = await gateway.post(at, new Uint8Array(bytes));
        const text = await answer.text();
        expect([200, 400, 404, 405]).toContain(answer.status);
        if (answer.status === 200) return;
        const document = JSON.parse(text);
        if (at.startsWith("/api/")) expect(document).toEqual({ error: expect.any(String) });
        else
          expect(document).toEqual({
            error: expect.objectContaining({ message: expect.any(String), type: expect.any(String) }),
          });
      }),
      { numRuns: 600 },
    );
    expect((await fetch(`${gateway.url}/health/readiness`)).status).toBe(200);
    const text = await gateway.metrics();
    expect(metric(text, "keelson_usage_open_intents")).toBe(0);
    expect(metric(text, "keelson_gateway_held_body_bytes")).toBe(0);
    expect(metric(text, "keelson_gateway_target_in_flight", { target: "assistant-0" })).toBe(0);
  }, 60_000);
});
