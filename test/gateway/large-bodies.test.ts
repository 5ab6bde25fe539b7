import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gate } from "../support/gateway/gate.js";
import { key, metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const MiB = 1024 * 1024;
const BODIES = 3;
const BODY_BYTES = 15 * MiB;
const FILLING = Buffer.alloc(MiB, "a");

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

/** MiB of buffers that something holds. */
function heldMiB(): number {
  if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  return process.memoryUsage().arrayBuffers / MiB;
}

let gate: Gate;
let server: Server;
let gateway: TestGateway;
beforeAll(async () => {
  // Holds no body itself, sends content at once and the end later.
  server = createServer((request, response) => {
    request.resume();
    request.on("end", async () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk("/v1/chat/completions", "m", "Aye"));
      await gate.pass();
      response.end(`${chunk("/v1/chat/completions", "m", "", "stop")}data: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  gateway = await startTestGateway(planWith(`assistant: { upstreams: "http://127.0.0.1:${port}" }`));
});
afterAll(async () => {
  await gateway.stop();
  server.closeAllConnections();
  server.close();
});

/** Sends a request with a large prompt from one buffer, and keeps the connection open. */
function send(path: string, seen: (text: string) => void): Socket {
  const [start, end] = ['{"model":"assistant","stream":true,"messages":[{"role":"user","content":"', '"}]}'];
  const length = start.length + BODY_BYTES + end.length;
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.on("data", (data) => seen(data.toString()));
  socket.write(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n`);
  socket.write(`content-length: ${length}\r\n\r\n${start}`);
  for (let sent = 0; sent < BODY_BYTES; sent += MiB) socket.write(FILLING);
  socket.write(end);
  return socket;
}

describe.each(["/v1/chat/completions", "/api/chat"])("large bodies of %s", (path) => {
  it("are not in memory while their responses are streamed, nor after them on open connections", async () => {
    gate = new Gate();
    const before = heldMiB();
    const seen = Array.from({ length: BODIES }, () => "");
    const sockets: Socket[] = [];
    for (const index of seen.keys()) {
      sockets.push(
        send(path, (text) => {
          seen[index] += text;
        }),
      );
      await until(() => seen[index]?.includes("Aye") === true);
    }
    expect(metric(await gateway.metrics(), "keelson_gateway_held_body_bytes")).toBe(0);
    await until(() => heldMiB() < before + BODY_BYTES / MiB / 2);
    gate.open();
    await until(() => seen.every((text) => /\[DONE\]|"done":true/.test(text)));
    await until(() => heldMiB() < before + BODY_BYTES / MiB / 2);
    expect((await gateway.usage.settled(BODIES)).map(({ status }) => status)).toEqual([200, 200, 200]);
    gateway.usage.events.clear();
    for (const socket of sockets) socket.destroy();
  });
});
