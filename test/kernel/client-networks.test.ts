import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { metric, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { until } from "../support/until.js";

let gateway: TestGateway;
const open: Socket[] = [];
beforeAll(async () => {
  gateway = await startTestGateway(planWith("assistant: { engine: simulated }"), {
    limits: { maxConnectionsOfNetwork: 20 },
  });
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await gateway?.stop();
});

/** A connection from an address of this machine, and what the server sends on it. */
function connectFrom(localAddress: string): { socket: Socket; received: () => string; closed: () => boolean } {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(gateway.url).port), localAddress });
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  open.push(socket);
  return { socket, received: () => text, closed: () => closed };
}

const request = "GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";

test("a client network that opens too many connections is refused with 429, and other networks are served", async () => {
  const held = Array.from({ length: 20 }, () => connectFrom("127.0.0.2"));
  await until(() => held.every(({ socket }) => socket.readyState === "open"), "the connections");
  const surplus = connectFrom("127.0.0.2");
  surplus.socket.write(request);
  await until(surplus.closed, "the end of the connection");
  expect(surplus.received()).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
  expect(JSON.parse(surplus.received().split("\r\n\r\n")[1] ?? "").error).toMatchObject({
    code: "too_many_connections",
    message: expect.stringContaining("keep-alive"),
  });
  const other = connectFrom("127.0.0.3");
  other.socket.write(request);
  await until(other.closed, "the response to another network");
  expect(other.received()).toMatch(/^HTTP\/1\.1 200 /);
  expect(metric(await gateway.metrics(), "keelson_http_refused_total", { status: "429" })).toBe(1);

  // A connection that is closed makes room.
  held[0]?.socket.destroy();
  let again = "";
  await until(async () => {
    const one = connectFrom("127.0.0.2");
    one.socket.write(request);
    await until(one.closed, "an end");
    again = one.received();
    return again.startsWith("HTTP/1.1 200");
  }, "a response to the network");
  expect(again).toMatch(/^HTTP\/1\.1 200 /);
});
