import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_ATTEMPTS } from "../../src/runtime/gateway/routing/placement.js";
import { planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { type RawBehaviour, type RawRequest, type RawServer, startRawServer } from "../support/gateway/raw-server.js";
import { errorIn, ledger, operationOf, ROUTES, requestAll } from "../support/gateway/routes.js";
import { chunk, startUpstream, type Upstream, usage, words } from "../support/gateway/upstream.js";

const head = ({ stream }: RawRequest, framing = "transfer-encoding: chunked"): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${stream ? "text/event-stream" : "application/json"}\r\n${framing}\r\n\r\n`;

/** The pieces of a correct answer; a document is cut into two. */
function pieces({ path, stream }: RawRequest): readonly string[] {
  if (stream) return [...words.map((word) => chunk(path, "m", word)), chunk(path, "m", "", "stop"), "data: [DONE]\n\n"];
  const text = words.join("");
  const document = path.endsWith("/embeddings")
    ? { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 7, total_tokens: 7 } }
    : { choices: [{ index: 0, message: { role: "assistant", content: text }, text, finish_reason: "stop" }], usage };
  const json = JSON.stringify(document);
  return [json.slice(0, 40), json.slice(40)];
}

const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
/** An answer that ends within its first piece. */
const started = (request: RawRequest): string => `${head(request)}ffff\r\n${pieces(request)[0]?.slice(0, 20)}`;
const whole = (request: RawRequest): string => `${head(request)}${pieces(request).map(chunked).join("")}0\r\n\r\n`;

const reset = (socket: Socket): void => void socket.resetAndDestroy();
/** Sends the end of its own direction, and goes on reading. */
const halfClose = (socket: Socket): void => void socket.end();
const stay = (): void => {};
const after = (text: string, then: (socket: Socket) => void) => (socket: Socket) =>
  void socket.write(text, () => setImmediate(then, socket));
const body = (act: RawBehaviour["act"]): RawBehaviour => ({ when: "body", act });
const sending = (text: (request: RawRequest) => string, then: (socket: Socket) => void): RawBehaviour =>
  body((socket, request) => after(text(request), then)(socket));

interface Fault {
  readonly name: string;
  readonly behaviour: RawBehaviour;
  /** Minimum and maximum number of attempts, of a request at a server that always has this fault. */
  readonly attempts: readonly [number, number];
  /** Of the response, without another server. */
  readonly status: readonly number[];
}

const failed = (name: string, behaviour: RawBehaviour, status = [502]): Fault => ({
  name,
  behaviour,
  attempts: [MAX_ATTEMPTS, MAX_ATTEMPTS + 1],
  status,
});
/** The server may still be working on the request: it is not sent there again. */
const once = (name: string, behaviour: RawBehaviour): Fault => ({
  name,
  behaviour,
  // The HTTP library connects once more after it has aborted a request, and sends nothing.
  attempts: [1, behaviour.when === "connected" ? 2 : 1],
  status: [502],
});

const BEFORE_CONTENT: readonly Fault[] = [
  // Nothing was sent if the end arrives first: the request then waits for a server until the queue's deadline.
  failed("resets the connection at once", { when: "connected", act: reset }, [502, 503]),
  failed("closes the connection at once", { when: "connected", act: halfClose }, [502, 503]),
  failed("resets before its headers", body(reset)),
  failed("half-closes before its headers", body(halfClose)),
  failed(
    "resets within its headers",
    sending(() => "HTTP/1.1 200 OK\r\ncontent-ty", reset),
  ),
  failed(
    "half-closes within its headers",
    sending(() => "HTTP/1.1 200 OK\r\ncontent-ty", halfClose),
  ),
  failed("resets after its headers", sending(head, reset)),
  failed("half-closes after its headers", sending(head, halfClose)),
  failed(
    "resets within the size of a piece",
    sending((request) => `${head(request)}4`, reset),
  ),
  failed("resets within its first piece", sending(started, reset)),
  failed("half-closes within its first piece", sending(started, halfClose)),
  failed(
    "sends an invalid size of a piece",
    sending((request) => `${head(request)}zz\r\n`, stay),
  ),
  failed(
    "sends what is no HTTP",
    sending(() => "SSH-2.0-OpenSSH_9.6\r\n", stay),
  ),
  failed(
    "sends an early hint and resets",
    sending(() => "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", reset),
  ),
  once(
    "sends an empty answer without a length",
    sending((request) => head(request, "connection: close"), halfClose),
  ),
  once("accepts the connection and never reads", { when: "connected", act: (socket) => void socket.pause() }),
  once("never reads the body", { when: "head", act: stay }),
  once("reads the request and never answers", body(stay)),
  once("sends headers and nothing more", sending(head, stay)),
];

let faulty: RawServer;
let healthy: Upstream;
beforeAll(async () => {
  faulty = await startRawServer();
  healthy = await startUpstream();
});
afterAll(async () => {
  await faulty.stop();
  await healthy.stop();
});

/** A gateway with two models for each route, at a server of their own: `alone-N`, and `replaced-N` with a fallback. */
function gatewayOver(): Promise<TestGateway> {
  const settings = "timeout: 300ms, queue: { length: 100, deadline: 800ms }";
  const models = ROUTES.flatMap((_route, index) => [
    `alone-${index}: { upstreams: "${faulty.url}", ${settings} }`,
    `replaced-${index}: { upstreams: "${faulty.url}", ${settings}, fallback: spare }`,
  ]);
  return startTestGateway(planWith([...models, `spare: { upstreams: "${healthy.url}" }`].join("\n")));
}

describe.each(BEFORE_CONTENT)("a server that $name", ({ behaviour, attempts: [least, most], status }) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await gatewayOver();
  });
  afterAll(() => gateway.stop());

  it("fails before the first byte of every route: an error in its form, counted once without tokens", async () => {
    faulty.behave(behaviour);
    const answers = await requestAll(gateway, "alone");
    for (const { path, index, answer, text } of answers) {
      expect(status).toContain(answer.status);
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(errorIn(path, text ?? "")).toContain(`server of alone-${index}`);
    }
    expect(faulty.count).toBeGreaterThanOrEqual(least * ROUTES.length);
    expect(faulty.count).toBeLessThanOrEqual(most * ROUTES.length);
    expect(await ledger(gateway)).toEqual(
      answers.map(({ path, index, answer }) => `${answer.status} alone-${index} ${operationOf(path)} 0`).sort(),
    );
    gateway.usage.events.clear();
  });

  it("is replaced by the fallback on every route", async () => {
    faulty.behave(behaviour);
    const answers = await requestAll(gateway, "replaced");
    for (const { answer, text } of answers) {
      expect([answer.status, answer.headers.get("x-keelson-model")]).toEqual([200, "spare"]);
      expect(text).not.toContain("error");
    }
    expect(await ledger(gateway)).toEqual(
      answers
        .map(({ path }) => operationOf(path))
        .map((operation) => `200 spare ${operation} ${operation === "embedding" ? 0 : words.length}`)
        .sort(),
    );
  });
});

/** The end of an answer of which content was sent: streams have started, documents have not. */
const AFTER_CONTENT: readonly (readonly [string, RawBehaviour])[] = [
  ["resets after a piece", sending((request) => head(request) + chunked(pieces(request)[0] ?? ""), reset)],
  ["half-closes after a piece", sending((request) => head(request) + chunked(pieces(request)[0] ?? ""), halfClose)],
  [
    "resets within its second piece",
    sending(
      (request) => `${head(request) + chunked(pieces(request)[0] ?? "")}ff\r\n${pieces(request)[1]?.slice(0, 9)}`,
      reset,
    ),
  ],
  [
    "sends less than its length",
    sending((request) => `${head(request, "content-length: 9999")}${pieces(request)[0]}`, halfClose),
  ],
];

describe.each(AFTER_CONTENT)("a server that %s", (_name, behaviour) => {
  it("ends a stream with an error and without its end; a document was not started, and is an error", async () => {
    const gateway = await gatewayOver();
    faulty.behave(behaviour);
    const answers = await requestAll(gateway, "alone");
    for (const { path, stream, index, answer, text } of answers) {
      if (!stream) {
        expect([answer.status, errorIn(path, text ?? "")]).toEqual([502, expect.stringContaining(`alone-${index}`)]);
        continue;
      }
      expect([answer.status, text]).toEqual([200, expect.stringContaining("Fair ")]);
      expect(text).not.toMatch(/\[DONE\]|"done":true/);
      const last = text?.trimEnd().split("\n").at(-1) ?? "";
      expect(errorIn(path, last.replace(/^data: /, ""))).toContain("failed in the middle of its response");
    }
    expect(await ledger(gateway)).toEqual(
      answers.map(({ path, stream, index }) => `502 alone-${index} ${operationOf(path)} ${stream ? 1 : 0}`).sort(),
    );
    await gateway.stop();
  });
});

/** Answers that a client of the server itself would receive. */
const ANSWERS: readonly (readonly [string, RawBehaviour])[] = [
  ["closes after the last byte", sending(whole, halfClose)],
  ["resets long after the last byte", sending(whole, (socket) => setTimeout(reset, 100, socket))],
  [
    "sends more than its length",
    sending((request) => {
      const text = pieces(request).join("");
      return `${head(request, `content-length: ${text.length}`)}${text}HTTP/1.1 400 Bad Request\r\n\r\n`;
    }, stay),
  ],
  [
    "ends without a length",
    sending((request) => head(request, "connection: close") + pieces(request).join(""), halfClose),
  ],
  ["sends an early hint first", sending((request) => `HTTP/1.1 103 Early Hints\r\n\r\n${whole(request)}`, stay)],
];

describe.each(ANSWERS)("a server that %s", (_name, behaviour) => {
  it("has answered on every route", async () => {
    const gateway = await gatewayOver();
    faulty.behave(behaviour);
    const answers = await requestAll(gateway, "alone");
    for (const { path, stream, answer, text } of answers) {
      expect([answer.status, path, text]).toEqual([200, path, expect.not.stringContaining("error")]);
      if (stream) expect(text).toMatch(/data: \[DONE\]\n\n$|"done":true[^\n]*\n$/);
      else JSON.parse(text ?? "");
    }
    expect(faulty.count).toBe(ROUTES.length);
    expect(await ledger(gateway)).toEqual(
      answers
        .map(({ path, index }) => [`200 alone-${index}`, operationOf(path)] as const)
        .map(([start, operation]) => `${start} ${operation} ${operation === "embedding" ? 0 : words.length}`)
        .sort(),
    );
    await gateway.stop();
  });
});

describe("a server that answers without reading a large body", () => {
  const text = JSON.stringify({ error: { message: "the prompt is too large", type: "invalid_request_error" } });
  const refusal = `HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  const large = "word ".repeat(1_600_000);

  it.each([
    ["keeps the connection open", stay],
    ["half-closes", halfClose],
    ["closes", (socket: Socket) => void socket.destroySoon()],
  ])("and %s has refused the request, in its own words", async (_name, then) => {
    const gateway = await gatewayOver();
    faulty.behave({ when: "head", act: after(refusal, then) });
    const requests = [
      ["/v1/chat/completions", "alone-0", { messages: [{ role: "user", content: large }] }],
      ["/v1/completions", "alone-3", { prompt: large, stream: true }],
      ["/v1/embeddings", "alone-4", { input: large }],
      ["/api/chat", "alone-5", { messages: [{ role: "user", content: large }] }],
      ["/api/embed", "alone-9", { input: large }],
    ] as const;
    for (const [path, model, fields] of requests) {
      const answer = await gateway.post(path, { model, ...fields });
      expect([path, answer.status, await answer.text()]).toEqual([
        path,
        413,
        expect.stringContaining("the prompt is too large"),
      ]);
    }
    const events = await gateway.usage.settled(requests.length);
    expect(events.map(({ status, outputTokens }) => [status, outputTokens])).toEqual(requests.map(() => [413, 0]));
    await gateway.stop();
  });
});

describe("a large body", () => {
  const content = "word ".repeat(500_000);

  it.each<readonly [string, RawBehaviour]>([
    ["resets the connection at once", { when: "connected", act: reset }],
    ["resets before its headers", body(reset)],
    ["resets within the body", { when: "head", act: reset }],
    ["never reads the body", { when: "head", act: stay }],
  ])("is sent again, complete, to the fallback of a server that %s", async (_name, behaviour) => {
    const gateway = await gatewayOver();
    faulty.behave(behaviour);
    for (const [path, model] of [
      ["/v1/chat/completions", "replaced-0"],
      ["/api/chat", "replaced-5"],
    ] as const) {
      const answer = await gateway.post(path, { model, stream: true, messages: [{ role: "user", content }] });
      expect([path, answer.status, answer.headers.get("x-keelson-model")]).toEqual([path, 200, "spare"]);
      expect(await answer.text()).toMatch(/\[DONE\]|"done":true/);
      const sent = healthy.received.at(-1);
      expect([sent?.body.model, sent?.body.stream_options, sent?.body.messages]).toEqual([
        "spare",
        { include_usage: true },
        [{ role: "user", content }],
      ]);
    }
    await gateway.stop();
  });
});
