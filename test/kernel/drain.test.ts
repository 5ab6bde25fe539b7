import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANONYMOUS } from "../../src/contracts/authority.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { answerJson } from "../../src/runtime/kernel/listener.js";
import { planWith } from "../support/gateway/gateway.js";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A connection that is kept alive, seen from the client. */
class Kept {
  readonly #socket: Socket;
  seen = "";
  ended = false;

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), "127.0.0.1");
    this.#socket.on("error", () => {});
    this.#socket.on("data", (data) => {
      this.seen += data.toString();
    });
    this.#socket.on("end", () => {
      this.ended = true;
    });
  }

  send(path: string): void {
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
  }

  /** The next answer, head and body. */
  async answer(path: string): Promise<string> {
    this.seen = "";
    this.send(path);
    await this.until(() => this.seen.includes("}"));
    return this.seen;
  }

  async until(done: () => boolean, limit = 2000): Promise<void> {
    for (let waited = 0; waited < limit && !done(); waited += 10) await sleep(10);
  }

  close(): void {
    this.#socket.destroy();
  }
}

describe("a process that drains", () => {
  let directory: string;
  let kernel: Kernel;
  const kept: Kept[] = [];
  const open = (): Kept => {
    const connection = new Kept(kernel.url);
    kept.push(connection);
    return connection;
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-drain-"));
    kernel = await startKernel(
      {
        only: {
          needs: [],
          start: async (context) => {
            context.route("/quick", ANONYMOUS, (_request, response) => answerJson(response, 200, { quick: true }));
            context.route("/slow", ANONYMOUS, (_request, response) => {
              setTimeout(() => answerJson(response, 200, { slow: true }), 500);
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
    for (const connection of kept.splice(0)) connection.close();
    await kernel.stop({ grace: 1000 });
    await rm(directory, { recursive: true, force: true });
  });

  it("lets a kept connection go with its next answer, and takes new ones until the delay is over", async () => {
    const connection = open();
    expect(await connection.answer("/quick")).toMatch(/connection: keep-alive/i);
    expect(await connection.answer("/quick")).toMatch(/connection: keep-alive/i);
    const stopping = kernel.stop({ drainDelay: 600, grace: 2000 });
    const last = await connection.answer("/quick");
    expect(last).toMatch(/^HTTP\/1\.1 200 /);
    expect(last).toMatch(/connection: close/i);
    await connection.until(() => connection.ended, 300);
    expect(connection.ended).toBe(true);
    const late = open();
    const answer = await late.answer("/quick");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/connection: close/i);
    await stopping;
    await expect(fetch(`${kernel.url}/quick`)).rejects.toThrow();
  });

  it("gives what was asked before in full, and then closes that connection and the idle ones", async () => {
    const [busy, idle] = [open(), open()];
    await idle.answer("/quick");
    busy.send("/slow");
    await sleep(100);
    const began = performance.now();
    await kernel.stop({ drainDelay: 0, grace: 5000 });
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(performance.now() - began).toBeLessThan(2000);
    // The process is both ends: what one end has sent and closed, the other has yet to read.
    await Promise.all([busy.until(() => busy.ended), idle.until(() => idle.ended)]);
    expect([busy.ended, idle.ended]).toEqual([true, true]);
    expect(busy.seen).toContain('{"slow":true}');
  });

  it("fails no request of clients that keep their connections, while they are led elsewhere", async () => {
    let leave = false;
    let answered = 0;
    const failures: string[] = [];
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!leave) {
        await new Promise<void>((resolve) => {
          const asked = request(`${kernel.url}/quick`, { agent }, (response) => {
            if (response.statusCode === 200) answered += 1;
            else failures.push(`status ${response.statusCode}`);
            response.resume().on("end", resolve);
          });
          asked.on("error", ({ message }) => {
            failures.push(message);
            resolve();
          });
          asked.end();
        });
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 16 }, client);
    await sleep(300);
    const before = answered;
    const stopping = kernel.stop({ drainDelay: 800, grace: 2000 });
    // As a balancer does, which notices some time after the signal.
    await sleep(500);
    leave = true;
    await Promise.all(clients);
    await stopping;
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(before + 16);
  });
});
