import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { errorIn, ledger, operationOf, ROUTES, requestAll } from "../support/gateway/routes.js";
import {
  type Behaviour,
  event,
  json,
  startUpstream,
  type Upstream,
  usage,
  wellBehaved,
  words,
} from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

let faulty: Upstream;
let healthy: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  faulty = await startUpstream();
  healthy = await startUpstream();
  const models = ROUTES.flatMap((_route, index) => [
    `alone-${index}: { upstreams: "${faulty.url}" }`,
    `replaced-${index}: { upstreams: "${faulty.url}", fallback: spare }`,
  ]);
  gateway = await startTestGateway(planWith([...models, `spare: { upstreams: "${healthy.url}" }`].join("\n")));
});
afterAll(async () => {
  await gateway.stop();
  await faulty.stop();
  await healthy.stop();
});
afterEach(async () => {
  faulty.behave(wellBehaved);
  // A success resets the failures of a server.
  for (const model of ["alone", "replaced"])
    for (const { answer } of await requestAll(gateway, model)) expect(answer.status).toBe(200);
  for (const name of ["keelson_usage_open_intents", "keelson_usage_unpublished_events"])
    await until(async () => metric(await gateway.metrics(), name) === 0);
  gateway.usage.events.clear();
});

const tokensOf = (path: string): number => (path.includes("embed") ? 0 : words.length);
const plain =
  (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Behaviour =>
  (_received, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
/** One body for a document, another one for a stream. */
const either =
  (document: string, stream: string): Behaviour =>
  (received, response) =>
    plain(received.body.stream ? stream : document)(received, response);

const lost = { message: "the GPU is lost", type: "server_error" };
const NO_ANSWERS: readonly (readonly [string, Behaviour, RegExp])[] = [
  ["an error", either(JSON.stringify({ error: lost }), event({ error: lost })), /the GPU is lost/],
  ["an error document, also for a stream", plain(JSON.stringify({ error: lost })), /the GPU is lost/],
  ["an error text", either('{"error":"the GPU is lost"}', event({ error: "the GPU is lost" })), /the GPU is lost/],
  [
    "an event named error",
    either('{"message":"the GPU is lost"}', `event: error\n${event({ message: "the GPU is lost" })}`),
    /the GPU is lost/,
  ],
  [
    "an event named error with a text",
    either('{"detail":"the GPU is lost"}', "event: error\r\ndata: the GPU is lost\r\n\r\n"),
    /the GPU is lost/,
  ],
  ["an empty list", either('{"choices":[],"data":[ ]}', "data: [DONE]\n\n"), /without (?:choices|data|an answer)/],
  ["null", plain("null"), /no JSON: null|without an answer/],
  ["a document without a list", plain('{"id":"x","choices":null,"data":{}}'), /without (?:choices|data)/],
  ["HTML", plain("<html>Sign in</html>", 200, { "content-type": "text/html" }), /HTML/],
  ["an empty body", plain(""), /an empty body/],
  ["status 204", (_received, response) => void response.writeHead(204).end(), /204/],
  ["status 206", plain("{}", 206), /206/],
  ["a bare redirect", plain("", 307), /redirects with status 307/],
  ["a redirect", plain("", 302, { location: "https://sso.example/login?token=x" }), /https:\/\/sso\.example\/login;/],
  [
    "a compressed error",
    plain(gzipSync(JSON.stringify({ error: lost })), 200, { "content-encoding": "gzip" }),
    /the GPU is lost/,
  ],
  ["a cut document", plain('{"choices":[{"message":{"content":"Fair'), /incomplete JSON/],
];

describe.each(NO_ANSWERS)("a server that answers 200 or below 400 with %s", (_name, behaviour, words) => {
  it("has failed on every route: an error in its form, the fallback's answer, no tokens", async () => {
    faulty.behave(behaviour);
    const answers = await requestAll(gateway, "alone");
    for (const { path, answer, text } of answers) {
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 502, "application/json"]);
      expect([path, errorIn(path, text ?? "")]).toEqual([path, expect.stringMatching(words)]);
      expect(text).not.toContain("token=x");
    }
    expect(await ledger(gateway)).toEqual(
      answers.map(({ path, index }) => `502 alone-${index} ${operationOf(path)} 0`).sort(),
    );
    gateway.usage.events.clear();
    for (const { path, answer } of await requestAll(gateway, "replaced"))
      expect([path, answer.status, answer.headers.get("x-keelson-model")]).toEqual([path, 200, "spare"]);
    expect(await ledger(gateway)).toEqual(
      answers.map(({ path }) => `200 spare ${operationOf(path)} ${tokensOf(path)}`).sort(),
    );
  });
});

const OWN_WORDS: readonly (readonly [number, object])[] = [
  [401, { error: { message: "Incorrect API key provided: sk-platform-secret" } }],
  [403, { error: { message: "Project proj_secret may not use this model" } }],
  [402, { error: { message: "Insufficient balance of account acct_secret" } }],
  [404, { error: { message: "The model `secret-name` does not exist" } }],
  [200, { error: { message: "Incorrect API key provided: sk-platform-secret", code: 401 } }],
];

describe.each(OWN_WORDS)(
  "a server that answers with status %i about the platform's own key or model",
  (status, body) => {
    it("has failed on every route, and no client reads its words", async () => {
      faulty.behave((_received, response) => json(response, status, body));
      for (const { path, answer, text } of await requestAll(gateway, "alone")) {
        expect([path, answer.status]).toEqual([path, 502]);
        expect(text).not.toMatch(/secret/);
        expect(errorIn(path, text ?? "")).toMatch(
          /the platform's own API key|has none for it|requires an API key|does not serve/,
        );
      }
      for (const { path, answer } of await requestAll(gateway, "replaced"))
        expect([path, answer.headers.get("x-keelson-model")]).toEqual([path, "spare"]);
      await gateway.usage.settled(2 * ROUTES.length);
    });
  },
);

describe("a server that refuses the request itself", () => {
  it.each([400, 413, 422])(
    "with status %i has answered: its words on every route, no fallback, no tokens",
    async (status) => {
      faulty.behave((_received, response) =>
        json(response, status, {
          error: { message: "temperature is too high", type: "invalid_request_error", code: "range" },
        }),
      );
      for (const { path, answer, text } of await requestAll(gateway, "replaced")) {
        expect([path, answer.status]).toEqual([path, status]);
        const { error } = JSON.parse(text ?? "");
        expect(error).toEqual(
          path.startsWith("/api/")
            ? "temperature is too high"
            : expect.objectContaining({ code: "range", message: "temperature is too high" }),
        );
      }
      const events = await gateway.usage.settled(ROUTES.length);
      expect(events.map((each) => [each.status, each.inputTokens, each.outputTokens])).toEqual(
        ROUTES.map(() => [status, 0, 0]),
      );
    },
  );
});

describe("a server that compresses its answers although it should not", () => {
  it("is read on every route", async () => {
    faulty.behave(async (received, response) => {
      const parts: Buffer[] = [];
      const recorder = {
        writeHead: (status: number, headers: Record<string, string>) => {
          const { "content-length": _length, ...rest } = headers;
          response.writeHead(status, { ...rest, "content-encoding": "gzip" });
        },
        write: (part: string) => parts.push(Buffer.from(part)),
        end: (part: string) => response.end(gzipSync(Buffer.concat([...parts, Buffer.from(part)]))),
      };
      await wellBehaved(received, Object.assign(Object.create(response), recorder));
    });
    for (const { path, stream, answer, text } of await requestAll(gateway, "alone")) {
      expect([path, answer.status, answer.headers.get("content-encoding")]).toEqual([path, 200, null]);
      if (stream) expect(text).toMatch(/\[DONE\]|"done":true/);
      else JSON.parse(text ?? "");
    }
    expect((await gateway.usage.settled(ROUTES.length)).map(({ estimated }) => estimated)).not.toContain(true);
    expect(usage.completion_tokens).toBe(words.length);
  });
});
