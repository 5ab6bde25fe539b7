import { createServer } from "node:http";
import { createConnection, type Socket } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bodies } from "../../src/runtime/gateway/request/body.js";
import { Gate } from "../support/gateway/gate.js";
import { key, keyNamed, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream, wellBehaved } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const CHAT = "/v1/chat/completions";
const MiB = 1024 * 1024;
const hello = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
const gate = new Gate();

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream(async (received, response) => {
    await gate.pass();
    await wellBehaved(received, response);
  });
  gateway = await startTestGateway(
    planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 4, queue: { length: 400, deadline: 60s } }`),
    { log: pino({ level: "silent" }) },
  );
  gateway.accounts.add(keyNamed("victim"), { organisation: "victim", keyId: "key-victim" });
  gateway.accounts.add(keyNamed("colleague"), { keyId: "key-colleague" });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${keyNamed(name)}` });
const port = (): number => Number(new URL(gateway.url).port);

/** A connection that sends the head of a request and a part of its body. */
function partial(length: number, sent: number): Socket {
  const socket = createConnection(port(), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(sent, " "));
  return socket;
}

const held = async (): Promise<number> => metric(await gateway.metrics(), "keelson_gateway_held_body_bytes");

describe("the memory of bodies", () => {
  it("is not exhausted by one key that holds large bodies back", async () => {
    gate.open();
    const connections = Array.from({ length: 8 }, () => partial(32 * MiB, 32 * MiB - 1));
    await until(async () => (await held()) >= 60 * MiB, "the bodies of one organisation", 30_000);
    expect(await held()).toBeLessThanOrEqual(64 * MiB);
    expect((await gateway.post(CHAT, hello, as("victim"))).status).toBe(200);
    const large = { ...hello, messages: [{ role: "user", content: "x".repeat(20 * MiB) }] };
    expect((await gateway.post(CHAT, large, as("victim"))).status).toBe(200);
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    for (const socket of connections) socket.destroy();
    await until(async () => (await held()) === 0);
  }, 60_000);

  it("is released with the first byte of the response", async () => {
    let finish = (): void => {};
    upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"choices":[{"index":0,"delta":{"content":"Aye"}}]}\n\n');
      finish = () => response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    });
    const large = { ...hello, stream: true, messages: [{ role: "user", content: "x".repeat(5 * MiB) }] };
    const response = await gateway.post(CHAT, large);
    await until(async () => (await held()) === 0);
    finish();
    expect(await response.text()).toContain("[DONE]");
    upstream.behave(async (received, answer) => {
      await gate.pass();
      await wellBehaved(received, answer);
    });
  });
});

describe("a body that arrives too slowly", () => {
  it("is refused, and its memory released; one that is converted takes memory twice", async () => {
    const bodies = new Bodies({ oneBytes: MiB, allBytes: 4 * MiB, windowMs: 100, windowBytes: 1000 });
    const principal = {
      keyId: "k",
      organisation: "o",
      user: undefined,
      scopes: [],
      models: undefined,
      expires: undefined,
    } as const;
    const codes: string[] = [];
    const server = createServer((request, response) => {
      bodies.read(
        {
          ...{ request, response, id: "1", at: Date.now(), principal, operation: undefined },
          copies: request.headers["x-converted"] === undefined ? 1 : 2,
        },
        {
          bodyRead: (pending, body) => {
            pending.release();
            response.end(String(body.length));
          },
          bodyRefused: (_pending, why) => {
            codes.push(why.code);
            response.writeHead(why.status).end();
          },
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const at = typeof address === "object" && address !== null ? address.port : 0;
    const socket = createConnection(at, "127.0.0.1");
    let seen = "";
    socket.on("data", (data) => {
      seen += String(data);
    });
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\n");
    socket.write(Buffer.alloc(400_000));
    await until(() => seen.startsWith("HTTP/1.1 408 "));
    expect(codes).toEqual(["request_timeout"]);
    expect(bodies.held).toBe(0);
    socket.destroy();
    const steady = await fetch(`http://127.0.0.1:${at}`, { method: "POST", body: Buffer.alloc(500_000) });
    expect(await steady.text()).toBe("500000");
    // A quarter of the memory is for one organisation, and a body that is converted takes its size twice.
    for (const [headers, status] of [
      [{}, 200],
      [{ "x-converted": "yes" }, 503],
    ] as const)
      expect(
        (await fetch(`http://127.0.0.1:${at}`, { method: "POST", headers, body: Buffer.alloc(600_000) })).status,
      ).toBe(status);
    expect(codes.at(-1)).toBe("memory_exhausted");
    bodies.close();
    server.close();
    server.closeAllConnections();
  });
});

describe("the queue of a model", () => {
  it("serves organisations and keys in turn: 300 waiting requests of one key delay other keys by at most one turn", async () => {
    gate.close();
    const before = upstream.received.length;
    const flood = Array.from({ length: 300 }, () => gateway.post(CHAT, hello));
    await until(
      async () => metric(await gateway.metrics(), "keelson_gateway_queue_waiting") === 296,
      "the queue",
      20_000,
    );
    const order: string[] = [];
    const answered = (name: string) => (): void => void order.push(name);
    const others = [
      gateway.post(CHAT, { ...hello, seed: 1 }, as("victim")).then(answered("victim")),
      gateway.post(CHAT, { ...hello, seed: 2 }, as("colleague")).then(answered("colleague")),
    ];
    await until(async () => metric(await gateway.metrics(), "keelson_gateway_queue_waiting") === 298);
    for (let released = 0; order.length < 2 && released < 12; released += 1) {
      gate.release();
      await until(() => upstream.received.length >= before + 5 + released);
    }
    const places = upstream.received.slice(before).flatMap(({ text }, index) => (text.includes("seed") ? [index] : []));
    expect(Math.max(...places)).toBeLessThan(4 + 5);
    gate.open();
    await Promise.all([...flood, ...others]);
  }, 60_000);
});
