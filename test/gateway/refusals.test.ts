import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createConnection } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { key, keyNamed, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const hello = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
const ID = /^[0-9a-f]{24}$/;

let upstream: Upstream;
let gateway: TestGateway;
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(
    planWith(`assistant: { upstreams: "${upstream.url}" }
full: { upstreams: "http://127.0.0.1:9", queue: { length: 0 } }
other: { upstreams: "${upstream.url}" }`),
    { log: pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) }) },
  );
  gateway.accounts.add(keyNamed("narrow"), { models: ["assistant"], keyId: "key-narrow" });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});
beforeEach(async () => {
  for (const name of ["keelson_usage_open_intents", "keelson_usage_unpublished_events"])
    await until(async () => metric(await gateway.metrics(), name) === 0);
  lines.length = 0;
  gateway.usage.events.clear();
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });

describe("the id of a request", () => {
  const cases: readonly (readonly [string, () => Promise<Response>, number])[] = [
    ["an answer", () => gateway.post("/v1/chat/completions", hello), 200],
    ["a stream", () => gateway.post("/v1/chat/completions", { ...hello, stream: true }), 200],
    ["the list of models", () => get("/v1/models"), 200],
    ["the list of Ollama", () => get("/api/tags"), 200],
    ["the version of Ollama", () => get("/api/version"), 200],
    ["an invalid body", () => gateway.post("/v1/chat/completions", "{"), 400],
    ["a missing key", () => get("/v1/models", { authorization: "" }), 401],
    ["an invalid key", () => get("/v1/models", { authorization: "Bearer no" }), 401],
    ["an unknown model", () => gateway.post("/v1/chat/completions", { ...hello, model: "no" }), 404],
    ["an unknown model of Ollama", () => gateway.post("/api/show", { model: "no" }), 404],
    ["an unknown path", () => get("/v1/files"), 404],
    ["an unknown path of Ollama", () => get("/api/blobs"), 404],
    ["a path of no API", () => get("/nothing"), 404],
    ["a wrong method", () => get("/v1/chat/completions"), 405],
    ["a full queue", () => gateway.post("/v1/chat/completions", { ...hello, model: "full" }), 429],
  ];
  it.each(cases)("is in %s", async (_name, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(answer.headers.get("x-request-id")).toMatch(ID);
  });

  it("is in the answer to a request that is not valid HTTP", async () => {
    const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.end("GET / HTTP/9.9\r\n\r\n");
    let seen = "";
    for await (const part of socket) seen += String(part);
    const [, id] = /^HTTP\/1\.1 400 [\s\S]*\r\nx-request-id: ([0-9a-f]{24})\r\n/.exec(seen) ?? [];
    expect(lines).toContainEqual(expect.objectContaining({ requestId: id, status: 400, code: "bad_request" }));
  });

  it.each([
    ["a path of no API", "/nothing", {}, 404, "not_found"],
    ["the name of another site", "/v1/models", { host: "attacker.example" }, 421, "misdirected_request"],
    ["a path of operators", "/metrics", {}, 401, "internal/unauthorized"],
    ["a page of another origin", "/admin/models", { "sec-fetch-site": "cross-site" }, 403, "request/cross-origin"],
    ["an unknown expectation", "/v1/models", { expect: "tea" }, 417, "expectation_failed"],
  ])("is in the log, with the client's own id, when no module receives the request: %s", async (...given) => {
    const [, path, headers, status, code] = given;
    const sent = { host: "127.0.0.1", "x-request-id": "order-43", ...headers };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${gateway.url}${path}?token=secret`, { headers: sent }, resolve).on("error", reject).end();
    });
    answer.resume();
    const requestId = answer.headers["x-request-id"];
    expect([answer.statusCode, requestId]).toEqual([status, expect.stringMatching(ID)]);
    const line = lines.find((each) => each["requestId"] === requestId);
    expect(line).toMatchObject({ status, code, method: "GET", path, clientRequestId: "order-43" });
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  it("is the gateway's own; the client's is returned beside it and logged", async () => {
    for (const header of ["x-request-id", "x-client-request-id"]) {
      const sent = { [header]: "order-42/retry:1" };
      for (const model of ["assistant", "no"]) {
        const answer = await gateway.post("/v1/chat/completions", { ...hello, model }, sent);
        expect(answer.headers.get("x-request-id")).toMatch(ID);
        expect(answer.headers.get("x-client-request-id")).toBe("order-42/retry:1");
      }
    }
    await until(() => lines.filter(({ clientRequestId }) => clientRequestId === "order-42/retry:1").length === 2);
  });

  it("of the client is ignored when it is not well-formed", async () => {
    for (const id of ["a b", "ä", "x".repeat(129), '"'])
      expect(
        (await get("/v1/models", { "x-request-id": encodeURI(id) === id ? id : "a b" })).headers.get(
          "x-client-request-id",
        ),
      ).toBeNull();
  });
});

describe("a refused request", () => {
  const refused: readonly (readonly [string, string, unknown, string | undefined, number, string, string])[] = [
    ["an invalid body", "/v1/chat/completions", "{", undefined, 400, "chat", "(none)"],
    ["an unknown model", "/v1/embeddings", { model: "no", input: "x" }, undefined, 404, "embedding", "(none)"],
    [
      "an unknown model of Ollama",
      "/api/generate",
      { model: "no", prompt: "x" },
      undefined,
      404,
      "completion",
      "(none)",
    ],
    ["a forbidden model", "/v1/chat/completions", { ...hello, model: "other" }, "narrow", 403, "chat", "other"],
    ["a full queue", "/v1/chat/completions", { ...hello, model: "full" }, undefined, 429, "chat", "full"],
  ];
  it.each(refused)(
    "with a valid key is in the ledger and in the log: %s",
    async (_name, path, body, who, status, operation, model) => {
      const keyId = who === undefined ? "key-1" : "key-narrow";
      const headers = who === undefined ? {} : { authorization: `Bearer ${keyNamed(who)}` };
      const answer = await gateway.post(path, body, headers);
      expect(answer.status).toBe(status);
      const id = answer.headers.get("x-request-id");
      expect(await gateway.usage.settled(1)).toMatchObject([
        {
          id,
          organisation: "org-1",
          keyId,
          status,
          operation,
          model,
          inputTokens: 0,
          outputTokens: 0,
          estimated: false,
        },
      ]);
      expect(lines.find(({ requestId }) => requestId === id)).toMatchObject({
        msg: "refused a request",
        organisation: "org-1",
        keyId,
        status,
      });
    },
  );

  it("has its time of arrival and the duration of its body in the ledger", async () => {
    const socket = createConnection(Number(new URL(gateway.url).port), "127.0.0.1");
    const before = Date.now();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n`,
    );
    await once(socket, "data");
    const reading = Date.now();
    await until(() => Date.now() > reading + 50);
    socket.write("{");
    const event = (await gateway.usage.settled(1))[0];
    socket.destroy();
    expect(event).toMatchObject({ status: 400 });
    expect(event?.at).toBeGreaterThanOrEqual(before);
    expect(event?.at).toBeLessThanOrEqual(reading);
    expect(event?.durationMs).toBeGreaterThanOrEqual(50);
  });

  it("without a valid key is only in the log", async () => {
    await get("/v1/models", { authorization: "Bearer no" });
    await gateway.post("/v1/chat/completions", hello);
    expect((await gateway.usage.settled(1)).map(({ status }) => status)).toEqual([200]);
    expect(lines.some(({ code }) => code === "invalid_api_key")).toBe(true);
  });

  it("of a flood is counted, and not all of them are logged", async () => {
    const send = (): Promise<number> => gateway.post("/v1/chat/completions", "{").then(({ status }) => status);
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 30 }, send));
    expect(await gateway.usage.settled(300)).toHaveLength(300);
    expect(lines.filter(({ msg }) => msg === "refused a request").length).toBeLessThan(300);
  });
});

describe("models by the names of Ollama's clients", () => {
  it("are found with :latest in both APIs", async () => {
    const latest = { ...hello, model: "assistant:latest" };
    expect((await gateway.post("/v1/chat/completions", latest)).status).toBe(200);
    expect((await gateway.post("/api/chat", { ...latest, stream: false })).status).toBe(200);
    expect((await get("/v1/models/assistant:latest")).status).toBe(200);
  });

  it("that do not exist are not found in the words of each API", async () => {
    const ollama = await (await gateway.post("/api/chat", { ...hello, model: "no" })).json();
    expect(ollama).toEqual({ error: "model 'no' not found" });
  });

  it("are loaded and unloaded", async () => {
    const reasonOf = async (path: string, keepAlive: unknown): Promise<unknown> =>
      (
        (await (await gateway.post(path, { model: "assistant", keep_alive: keepAlive })).json()) as {
          done_reason: string;
        }
      ).done_reason;
    for (const path of ["/api/chat", "/api/generate"]) {
      expect(await reasonOf(path, 0)).toBe("unload");
      expect(await reasonOf(path, "0s")).toBe("unload");
      expect(await reasonOf(path, "5m")).toBe("load");
      expect(await reasonOf(path, undefined)).toBe("load");
    }
  });

  it("return the log probabilities that were requested", async () => {
    const scores = [{ token: "Aye", logprob: -0.1, bytes: [65, 121, 101], top_logprobs: [] }];
    upstream.behave(({ body }, response) => {
      expect(body).toMatchObject({ logprobs: true, top_logprobs: 2 });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ choices: [{ message: { content: "Aye" }, logprobs: { content: scores } }] }));
    });
    const answer = await gateway.post("/api/chat", { ...hello, stream: false, logprobs: true, top_logprobs: 2 });
    expect(await answer.json()).toMatchObject({ message: { content: "Aye" }, logprobs: scores });
  });

  it("return the log probabilities of a completion without a template in the same form", async () => {
    const scores = { tokens: ["Aye"], token_logprobs: [-0.1], top_logprobs: [{ Aye: -0.1, No: -2 }], text_offset: [0] };
    upstream.behave(({ body }, response) => {
      expect(body).toMatchObject({ prompt: "Ready?", logprobs: 2 });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ choices: [{ text: "Aye", logprobs: scores }] }));
    });
    const body = { model: "assistant", prompt: "Ready?", raw: true, stream: false, logprobs: true, top_logprobs: 2 };
    const aye = { token: "Aye", logprob: -0.1, bytes: [65, 121, 101] };
    expect(await (await gateway.post("/api/generate", body)).json()).toMatchObject({
      response: "Aye",
      logprobs: [{ ...aye, top_logprobs: [aye, { token: "No", logprob: -2, bytes: [78, 111] }] }],
    });
  });
});
