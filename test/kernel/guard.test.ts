import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLocalHost } from "../../src/runtime/kernel/guard.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { planWith } from "../support/gateway/gateway.js";

describe("the Host header of a request", () => {
  it.each([
    "localhost",
    "localhost:8800",
    "keelson.localhost",
    "127.0.0.1",
    "127.0.0.1:8800",
    "[::1]:8800",
    "192.0.2.1",
  ])("%s names this machine", (host) => expect(isLocalHost(host)).toBe(true));

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:8800",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[evil]",
  ])("%s may be a name that resolves to this machine (DNS rebinding)", (host) => expect(isLocalHost(host)).toBe(false));
});

describe("a request from this machine", () => {
  let directory: string;
  let kernel: Kernel;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-guard-"));
    kernel = await startKernel(
      {},
      {
        plan: planWith("assistant: { engine: simulated }"),
        modules: [],
        listen: { host: "127.0.0.1", port: 0 },
        dataDirectory: join(directory, "data"),
        secretsDirectory: join(directory, "secrets"),
        log: pino({ level: "silent" }),
      },
    );
  });
  afterAll(async () => {
    await kernel.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const status = (path: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${kernel.url}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  it.each(["/services", "/metrics"])("to %s is an operator's only if it is addressed to this machine", async (path) => {
    expect(await status(path, "localhost:8800")).toBe(200);
    expect(await status(path, "evil.example:8800")).toBe(401);
  });

  it("for the health of the process may have any Host", async () => {
    expect(await status("/health", "evil.example")).toBe(200);
  });
});
