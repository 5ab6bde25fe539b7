import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANONYMOUS } from "../../src/contracts/authority.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { respondJson } from "../../src/runtime/kernel/listener.js";
import { Gate } from "../support/gateway/gate.js";
import { planWith } from "../support/gateway/gateway.js";

/** A keep-alive connection of a client. */
class Connection {
  readonly #socket: Socket;
  received = "";
  ended = false;

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), "127.0.0.1");
    this.#socket.on("error", () => {});
    this.#socket.on("data", (data) => {
      this.received += data.toString();
    });
    this.#socket.on("end", () => {
      this.ended = true;
    });
  }

  send(path: string): void {
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
  }

  /** Sends a request; returns its response, head and body. */
  async request(path: string): Promise<string> {
    this.received = "";
    this.send(path);
    await this.until(() => this.received.includes("}"));
    return this.received;
  }

  async until(done: () => boolean, limitMs = 2000): Promise<void> {
    for (let waitedMs = 0; waitedMs < limitMs && !done(); waitedMs += 10) await sleep(10);
  }

  close(): void {
    this.#socket.destroy();
  }
}

describe("a process that drains", () => {
  let directory: string;
  let kernel: Kernel;
  /** Holds the responses of `/held`. */
  let gate: Gate;
  const connections: Connection[] = [];
  const open = (): Connection => {
    const connection = new Connection(kernel.url);
    connections.push(connection);
    return connection;
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-drain-"));
    gate = new Gate();
    kernel = await startKernel(
      {
        only: {
          needs: [],
          start: async (context) => {
            context.route("/quick", ANONYMOUS, (_request, response) => respondJson(response, 200, { quick: true }));
            context.route("/held", ANONYMOUS, (_request, response) => {
              void gate.pass().then(() => respondJson(response, 200, { held: true }));
            });
            return { client: undefined, stop: async () => {} };
          },
        },
      },
      {
        plan: planWith("assistant: { engine: simulated }"),
        modules: ["only"],
        listen: { host: "127.0.0.1", port: 0 },
        dataDirectory: join(directory, "data"),
        secretsDirectory: join(directory, "secrets"),
        log: pino({ level: "silent" }),
      },
    );
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await kernel.stop({ grace: 1000 });
    await rm(directory, { recursive: true, force: true });
  });

  it("closes a keep-alive connection after its next response, and accepts new ones until the delay is over", async () => {
    const connection = open();
    expect(await connection.request("/quick")).toMatch(/connection: keep-alive/i);
    expect(await connection.request("/quick")).toMatch(/connection: keep-alive/i);
    const stopping = kernel.stop({ drainDelay: 600, grace: 2000 });
    const last = await connection.request("/quick");
    expect(last).toMatch(/^HTTP\/1\.1 200 /);
    expect(last).toMatch(/connection: close/i);
    await connection.until(() => connection.ended, 300);
    expect(connection.ended).toBe(true);
    const late = open();
    const response = await late.request("/quick");
    expect(response).toMatch(/^HTTP\/1\.1 200 /);
    expect(response).toMatch(/connection: close/i);
    await stopping;
    await expect(fetch(`${kernel.url}/quick`)).rejects.toThrow();
  });

  it("completes the requests in flight, then closes their connections; idle ones it closes before", async () => {
    const [busy, idle] = [open(), open()];
    await idle.request("/quick");
    busy.send("/held");
    await expect.poll(() => gate.held).toBe(1);
    let stopped = false;
    const stopping = kernel.stop({ drainDelay: 0, grace: 20_000 }).then(() => {
      stopped = true;
    });
    await expect.poll(() => idle.ended).toBe(true);
    expect([stopped, busy.ended]).toEqual([false, false]);
    gate.open();
    await stopping;
    // The client is in the same process: it may not have read the end of its connection yet.
    await expect.poll(() => busy.ended).toBe(true);
    expect(busy.received).toContain('{"held":true}');
  });

  it("fails no request of keep-alive clients that a load balancer moves to another process during the delay", async () => {
    let leave = false;
    let responses = 0;
    const failures: string[] = [];
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!leave) {
        await new Promise<void>((resolve) => {
          const sent = request(`${kernel.url}/quick`, { agent }, (response) => {
            if (response.statusCode === 200) responses += 1;
            else failures.push(`status ${response.statusCode}`);
            response.resume().on("end", resolve);
          });
          sent.on("error", ({ message }) => {
            failures.push(message);
            resolve();
          });
          sent.end();
        });
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 16 }, client);
    await expect.poll(() => responses).toBeGreaterThan(16);
    const before = responses;
    const stopping = kernel.stop({ drainDelay: 1_500, grace: 2000 });
    // A load balancer detects the drain some requests after the signal.
    await expect.poll(() => responses, { timeout: 1_200, interval: 10 }).toBeGreaterThan(before + 16);
    leave = true;
    await Promise.all(clients);
    await stopping;
    expect(failures).toEqual([]);
  });
});
