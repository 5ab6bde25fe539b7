import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { metric } from "../support/gateway/gateway.js";

let postgres: TestPostgres;
let platform: Platform;

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url, { limits: { headersTimeout: 1000, requestTimeout: 3000 } });
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

/** Sends `parts` one after the other, `pause` milliseconds apart; returns the response until the server closed the connection. */
async function drip(
  parts: readonly string[],
  pause: number,
  limit = 8_000,
): Promise<{ readonly answer: string; readonly closed: boolean; readonly tookMs: number }> {
  const startedAt = performance.now();
  const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
  let answer = "";
  let closed = false;
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  for (const part of parts) {
    if (closed || performance.now() - startedAt > limit) break;
    socket.write(part);
    if (pause > 0) await sleep(pause);
  }
  while (!closed && performance.now() - startedAt < limit) await sleep(20);
  socket.destroy();
  return { answer, closed, tookMs: performance.now() - startedAt };
}

const head = (extra = "", token = platform.token): string =>
  `POST /admin/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${extra}`;
const headers = (count: number, length: number): string =>
  Array.from({ length: count }, (_, index) => `x-flood-${index}: ${"y".repeat(length)}\r\n`).join("");

/** Milliseconds that a request of a normal client takes. */
async function normalRequestMs(): Promise<number> {
  const startedAt = performance.now();
  const { status } = await platform.call("GET", "/admin/session", { key: platform.token });
  expect(status).toBe(200);
  return performance.now() - startedAt;
}

describe("slow clients", () => {
  test("that delay their headers receive 408 and are disconnected, and do not delay other clients", async () => {
    const slow = Array.from({ length: 200 }, () =>
      drip(["POST /admin/keys HTTP/1.1\r\n", ...Array.from({ length: 40 }, (_, line) => `x-${line}: 1\r\n`)], 200),
    );
    const waits: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      waits.push(await normalRequestMs());
      await sleep(100);
    }
    expect(Math.max(...waits)).toBeLessThan(1000);
    for (const { answer, closed, tookMs } of await Promise.all(slow)) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(closed).toBe(true);
      expect(tookMs).toBeLessThan(5000);
    }
  }, 20_000);

  test("that delay their bodies are disconnected, with and without a valid key", async () => {
    const parts = (token: string) => [
      head("content-length: 1000\r\n\r\n", token),
      ...Array.from({ length: 40 }, () => " "),
    ];
    const [valid, invalid] = await Promise.all([drip(parts(platform.token), 200), drip(parts("kls_invalid"), 200)]);
    expect(valid.answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(invalid.answer).toMatch(/^HTTP\/1\.1 4(01|08) /);
    for (const { closed, tookMs } of [valid, invalid]) {
      expect(closed).toBe(true);
      expect(tookMs).toBeLessThan(6000);
    }
  }, 20_000);

  test("that send nothing are disconnected", async () => {
    const silent = Array.from({ length: 200 }, () => drip([], 0));
    expect(await normalRequestMs()).toBeLessThan(1000);
    for (const { closed, tookMs } of await Promise.all(silent)) {
      expect(closed).toBe(true);
      expect(tookMs).toBeLessThan(5000);
    }
  }, 20_000);
});

describe("a flood of headers", () => {
  test.each<[string, () => string, string?]>([
    ["many", () => headers(2000, 20)],
    ["a single oversized one", () => `x-long: ${"y".repeat(100_000)}`],
    ["an oversized path", () => "", `/admin/keys?${"y".repeat(100_000)}`],
  ])("is refused with 431 (%s)", async (_what, flood, path = "/admin/keys") => {
    const { answer, closed } = await drip([head(`${flood()}\r\n\r\n`).replace("/admin/keys", path)], 0);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(closed).toBe(true);
    await normalRequestMs();
  });

  test("from many clients at once does not delay others", async () => {
    for (let round = 0; round < 3; round += 1) {
      const floods = Array.from({ length: 100 }, () => drip([head(headers(2000, 100))], 0));
      expect(await normalRequestMs()).toBeLessThan(2000);
      // A client that is disconnected while it sends may lose the response to a connection reset.
      for (const { answer, closed } of await Promise.all(floods)) {
        expect(answer).toMatch(/^HTTP\/1\.1 431 |^$/);
        expect(closed).toBe(true);
      }
    }
  }, 30_000);

  test("is counted, as are requests of slow clients", async () => {
    const { text } = await platform.call("GET", "/metrics", { key: platform.internalToken });
    for (const status of ["408", "431"])
      expect(metric(text, "keelson_http_refused_total", { status })).toBeGreaterThan(0);
  });
});
