import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type Platform, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";

let postgres: TestPostgres;
let platform: Platform;

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url);
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

const post = (body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
  platform.call("POST", "/admin/keys", { key: platform.token, body, headers });

/** Sends raw bytes; resolves with the response received until the server closed the connection or sent nothing more. */
async function raw(bytes: (string | Buffer)[], { hangUp = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  for (const part of bytes) socket.write(part);
  if (hangUp) {
    await sleep(30);
    socket.destroy();
    return "";
  }
  for (let waited = 0; waited < 3_000 && !answer.includes("\r\n\r\n"); waited += 20) await sleep(20);
  socket.destroy();
  return answer;
}

const head = (length: number | string, extra = "") =>
  `POST /admin/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${platform.token}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${extra}\r\n`;

describe("an invalid body", () => {
  const nested = (depth: number) => `{"name":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  test.each<[string, string | Buffer, number, string]>([
    ["malformed JSON", '{"name": "x"', 400, "request/not-json"],
    ["nothing", "", 400, "request/invalid"],
    ["a number", "7", 400, "request/invalid"],
    ["null", "null", 400, "request/invalid"],
    ["an array", "[]", 400, "request/invalid"],
    ["a name of another type", '{"name": {"a": 1}}', 400, "request/invalid"],
    ["an unknown field", '{"name": "x", "admin": true}', 400, "request/invalid"],
    ["a prototype", '{"name": "x", "__proto__": {"scopes": ["admin"]}}', 400, "request/invalid"],
    ["an unknown scope", '{"name": "x", "scopes": ["root"]}', 400, "request/invalid"],
    ["no scope", '{"name": "x", "scopes": []}', 400, "request/invalid"],
    ["an invalid date", '{"name": "x", "expires": "2026-02-30T00:00:00Z"}', 400, "request/invalid"],
    ["a NUL in a name", '{"name": "a\\u0000b"}', 400, "request/invalid"],
    ["a line break in a name", '{"name": "a\\nb"}', 400, "request/invalid"],
    ["half a surrogate pair in a name", '{"name": "a\\ud800b"}', 400, "request/invalid"],
    ["a name of 101 characters", `{"name": "${"x".repeat(101)}"}`, 400, "request/invalid"],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, "request/not-utf8"],
    ["an overlong encoding", Buffer.from('{"name": "\xc0\x80"}', "latin1"), 400, "request/not-utf8"],
    ["JSON nested 100 deep", nested(100), 400, "request/too-deep"],
    ["JSON nested 10,000 deep", nested(10_000), 400, "request/too-deep"],
    ["2 MB", `{"name": "${"x".repeat(2_000_000)}"}`, 413, "request/too-large"],
    ["50 MB", Buffer.alloc(50_000_000, 0x20), 413, "request/too-large"],
  ])("%s is refused with its status and code", async (_name, body, status, code) => {
    const answer = await post(body).catch((error: Error & { code?: string }) => error);
    // The server may close the connection before a large body is sent: then the response can be lost.
    if (answer instanceof Error) {
      expect([status, answer.message]).toEqual([413, expect.stringMatching(/EPIPE|ECONNRESET|other side closed/)]);
      return;
    }
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(Object.keys(answer.body)).toEqual(["error"]);
  });

  test.each<[string, string | undefined, string]>([
    ['{"name": 5}', "name", "name must be a string, but 5 was given"],
    ["{}", "name", "name is missing: it must be a string"],
    ['{"name": "x", "scopes": ["root"]}', "scopes[0]", 'but "root" was given'],
    ['{"name": "x", "admin": true}', "admin", "admin is not a known field"],
    ['{"name": "a\\nb"}', "name", "name: must not contain control or invisible formatting characters"],
    [
      '{"name": "x", "expires": "soon"}',
      "expires",
      'expires must be a date and time such as 2026-05-04T13:00:00Z, but "soon" was given',
    ],
    ["[]", undefined, "the body must be an object, but an empty list was given"],
  ])("%s is reported with its field, the expected and the given value", async (body, param, message) => {
    const { status, body: answer } = await post(body);
    expect([status, answer.error.code, answer.error.param]).toEqual([400, "request/invalid", param]);
    expect(answer.error.message).toContain(message);
    expect(answer.error.message).not.toMatch(/Invalid|Unrecognized|expected|received/);
  });

  test("in a query is reported in the same way", async () => {
    const answer = await platform.call("GET", "/admin/audit?limit=many", { key: platform.token });
    expect([answer.status, answer.body.error.param]).toEqual([400, "limit"]);
  });

  test("of more than 4 KiB without a credential is refused before it is sent: a token has 60 characters", async () => {
    const { status, body } = await platform.call("POST", "/admin/session", { body: { token: "x".repeat(5_000) } });
    expect([status, body.error.code]).toEqual([413, "request/too-large"]);
    const chunked = await raw([
      "POST /admin/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
      `2000\r\n${" ".repeat(8_192)}\r\n`,
    ]);
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("of 50 MB is refused by its announced length, before it is sent", async () => {
    const answer = await raw([head(50_000_000)]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"request/too-large"');
  });

  test("with brackets and quotes inside strings is not counted as nested", async () => {
    const name = '[{"\\\\'.repeat(15);
    const answer = await post(JSON.stringify({ name }));
    expect([answer.status, answer.body.name]).toEqual([201, name]);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
  ])("of type %s is refused, so that a form on another site cannot send one", async (type) => {
    const answer = await post('{"name":"x"}', { "content-type": type });
    expect([answer.status, answer.body.error.code]).toEqual([415, "request/media-type"]);
  });
});

describe("an invalid URL", () => {
  test.each<[string, string, number]>([
    ["GET", "/admin/keys/..%2f..%2fusers", 404],
    ["DELETE", "/admin/keys/%00", 400],
    ["DELETE", "/admin/keys/%ff", 400],
    ["DELETE", "/admin/keys/%", 400],
    ["DELETE", `/admin/keys/key_${"a".repeat(5000)}`, 414],
    ["DELETE", "/admin/keys/key_1;drop table api_keys", 400],
    ["GET", "/admin/keys?organisation=red&organisation=blue", 400],
    ["GET", "/admin/keys?organisation[]=red", 400],
    ["GET", "/admin/keys?__proto__=1", 400],
    ["GET", "/admin/keys?unknown=1", 400],
    ["GET", "/admin/audit?limit=1e9", 400],
    ["GET", "/admin/audit?before=-1", 400],
    ["GET", "/admin/audit?before=99999999999999999999", 400],
    ["GET", "/admin/usage?from=yesterday", 400],
    ["GET", "/admin/usage?from=2026-01-02&to=2026-01-01", 400],
    ["GET", "/admin/usage?model=%00", 400],
    ["GET", "/admin/usage?by=hour,hour,hour", 200],
    ["GET", "/admin/usage?by=key_id;--", 400],
    ["GET", "/admin/usage?from=%2B010000-01-01T00:00:00Z", 400],
    ["GET", "/admin/nothing", 404],
    ["PUT", "/admin/keys", 404],
  ])("%s %.60s", async (method, path, status) => {
    const answer = await platform.call(method, path, { key: platform.token });
    expect(answer.status, answer.text).toBe(status);
    if (status >= 400) expect(Object.keys(answer.body)).toEqual(["error"]);
  });
});

describe("a client that misbehaves", () => {
  test("may disconnect in the middle of its body, repeatedly", async () => {
    await Promise.all(Array.from({ length: 50 }, () => raw([head(1000), '{"name": "half'], { hangUp: true })));
    expect((await platform.call("GET", "/admin/session", { key: platform.token })).status).toBe(200);
  });

  test("may send invalid headers", async () => {
    for (const bytes of [
      "\0\0\0",
      "GET /admin/keys HTTP/9.9\r\n\r\n",
      head("-1"),
      head("1", "content-length: 2\r\n"),
      head("5", "transfer-encoding: chunked\r\n"),
    ])
      expect(await raw([bytes, "0\r\n\r\n"])).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    expect((await platform.call("GET", "/admin/session", { key: platform.token })).status).toBe(200);
  });
});

describe("random input", () => {
  const path = fc.constantFrom(
    ...[
      "/admin/session",
      "/admin/keys",
      "/admin/users",
      "/admin/organisations",
      "/admin/sign-in-links",
      "/admin/audit",
    ],
    ...["/admin/audit/verification", "/admin/usage", "/admin/keys/key_x", "/admin/users/usr_x", "/admin/openapi.json"],
  );
  const field = fc.constantFrom(
    "name",
    "scopes",
    "models",
    "expires",
    "organisation",
    "role",
    "user",
    "id",
    "key",
    "token",
    "disabled",
    "__proto__",
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      "usr_x",
      "key_x",
      "default",
      "admin",
      ["inference"],
      ["usage", "usage"],
      "2099-01-01T00:00:00Z",
      "",
      "\0",
      "\ud800",
    ),
    fc.string({ unit: "binary" }),
  );
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(field, value).map((each) => Buffer.from(JSON.stringify(each))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => Buffer.from(text)) },
  );
  const query = fc.dictionary(
    fc.constantFrom("organisation", "before", "limit", "by", "from", "to", "model", "key", "format"),
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("default", "hour,model", "2026-01-01", "csv", "1")),
  );

  test("never causes a 5xx, and every error is an error document", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PATCH", "DELETE"),
        path,
        query,
        body,
        async (method, at, of, bytes) => {
          const answer = await platform.call(method, `${at}?${new URLSearchParams(of)}`, {
            key: platform.token,
            ...(method === "GET" ? {} : { body: bytes }),
          });
          expect(answer.status, answer.text).toBeLessThan(500);
          if (answer.status >= 400) {
            expect(Object.keys(answer.body)).toEqual(["error"]);
            expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
          }
        },
      ),
      { numRuns: 600 },
    );
  }, 120_000);

  test("to the internal routes is refused with 400", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("accounts/authenticate", "accounts/identify", "usage/record"),
        body,
        async (at, bytes) => {
          const answer = await platform.call("POST", `/internal/${at}`, { key: platform.internalToken, body: bytes });
          expect(answer.status, answer.text).toBe(400);
        },
      ),
      { numRuns: 150 },
    );
  });
});
