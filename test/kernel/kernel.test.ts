import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANONYMOUS, INTERNAL_TOKEN } from "../../src/contracts/authority.js";
import { defineModules, type Table } from "../../src/runtime/kernel/define.js";
import { type Kernel, type ServeOptions, startKernel } from "../../src/runtime/kernel/kernel.js";
import { respondJson } from "../../src/runtime/kernel/listener.js";
import type { Context, Running } from "../../src/runtime/kernel/module.js";
import { getInternally, planWith } from "../support/gateway/gateway.js";

let directory: string;
const kernels: Kernel[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-kernel-"));
});
afterEach(async () => {
  await Promise.all(kernels.splice(0).map((kernel) => kernel.stop({ grace: 2000 })));
  await rm(directory, { recursive: true, force: true });
});

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const plan = planWith("assistant: { engine: simulated }");

async function start(table: Table, options: Partial<ServeOptions> = {}): Promise<Kernel> {
  const kernel = await startKernel(table, {
    plan,
    modules: Object.keys(table),
    listen: { host: "127.0.0.1", port: 0 },
    dataDirectory: join(directory, "data"),
    secretsDirectory: join(directory, "secrets"),
    log: pino({ level: "silent" }),
    ...options,
  });
  kernels.push(kernel);
  return kernel;
}

const events: string[] = [];
/** A module that records its start and its stop. */
const recording =
  (name: string, act: (context: Context) => void | Promise<void> = () => {}) =>
  async (context: Context): Promise<Running<string>> => {
    events.push(`start ${name}`);
    await act(context);
    return {
      client: name,
      stop: async () => {
        events.push(`stop ${name}`);
      },
    };
  };

describe("the kernel", () => {
  beforeEach(() => {
    events.length = 0;
  });

  it("starts needs first, passes their clients, and stops in reverse order", async () => {
    let received: unknown;
    const table = defineModules({
      top: {
        needs: ["middle", "base"],
        start: async (_context: Context, needs: { middle: string; base: string }): Promise<Running<string>> => {
          received = needs;
          return recording("top")(_context);
        },
      },
      middle: { needs: ["base"], start: recording("middle") },
      base: { needs: [], start: recording("base") },
    });
    const kernel = await start(table);
    expect(received).toEqual({ middle: "middle", base: "base" });
    await kernel.stop();
    expect(events).toEqual(["start base", "start middle", "start top", "stop top", "stop middle", "stop base"]);
  });

  it("stops what it has started when a later module cannot start", async () => {
    const table: Table = {
      healthy: { needs: [], start: recording("healthy") },
      broken: { needs: ["healthy"], start: recording("broken", () => Promise.reject(new Error("injected"))) },
    };
    await expect(start(table)).rejects.toThrow("injected");
    expect(events).toEqual(["start healthy", "start broken", "stop healthy"]);
  });

  it("is alive at once, ready when every module is, and reports those that are not", async () => {
    let release = (): void => {};
    let url = "";
    const slow: Table = {
      slow: {
        needs: [],
        start: recording("slow", async (context) => {
          url = context.publicUrl;
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }),
      },
    };
    const starting = start(slow);
    for (let waited = 0; waited < 2000 && url === ""; waited += 10) await sleep(10);
    expect((await fetch(`${url}/health/liveness`)).status).toBe(200);
    const early = await fetch(`${url}/health/readiness`);
    expect(early.status).toBe(503);
    expect(await early.json()).toEqual({ status: "starting" });
    const internally = async (path: string): Promise<unknown> =>
      (await getInternally(url, path, join(directory, "secrets"))).json();
    expect(await internally("/health/readiness")).toMatchObject({ waitsFor: [{ name: "slow", state: "starting" }] });
    const page = await fetch(`${url}/anything`);
    expect([page.status, page.headers.get("retry-after")]).toEqual([503, "1"]);
    release();
    await starting;
    expect((await fetch(`${url}/health/readiness`)).status).toBe(200);
    expect((await fetch(`${url}/anything`)).status).toBe(404);
    expect(await internally("/services")).toMatchObject({
      pid: process.pid,
      services: [{ name: "slow", state: "ready" }],
    });
  });

  it("is ready with a degraded module, and not ready with one that starts again", async () => {
    let report: Context["report"] = () => {};
    const kernel = await start({
      only: {
        needs: [],
        start: recording("only", (context) => {
          report = context.report;
        }),
      },
    });
    const health = async (path: string): Promise<[number, unknown]> => {
      const answer = await fetch(`${kernel.url}${path}`);
      return [answer.status, ((await answer.json()) as { status: string }).status];
    };
    report("degraded", "the ledger is unreachable");
    expect(await health("/health/readiness")).toEqual([200, "ready"]);
    expect(await health("/health")).toEqual([200, "degraded"]);
    report("starting", "the model is loaded again");
    expect(await health("/health/readiness")).toEqual([503, "starting"]);
    report("ready");
    expect(await health("/health")).toEqual([200, "healthy"]);
  });

  it("drains: not ready first, accepts requests until the delay is over, completes those in flight", async () => {
    /** Each completes the response of one request. */
    const held: (() => void)[] = [];
    const kernel = await start({
      slow: {
        needs: [],
        start: recording("slow", (context) => {
          context.route("/slow", ANONYMOUS, (_request, response) => {
            held.push(() => respondJson(response, 200, { done: true }));
          });
        }),
      },
    });
    const inFlight = fetch(`${kernel.url}/slow`);
    await expect.poll(() => held.length).toBe(1);
    const stopping = kernel.stop({ drainDelay: 1000, grace: 5000 });
    const readiness = await fetch(`${kernel.url}/health/readiness`);
    expect([readiness.status, ((await readiness.json()) as { status: string }).status]).toEqual([503, "draining"]);
    const late = fetch(`${kernel.url}/slow`);
    await expect.poll(() => held.length).toBe(2);
    const accepts = (): Promise<boolean> =>
      fetch(`${kernel.url}/health/liveness`).then(
        () => true,
        () => false,
      );
    await expect.poll(accepts, { timeout: 5000 }).toBe(false);
    expect(events).not.toContain("stop slow");
    for (const release of held) release();
    expect((await inFlight).status).toBe(200);
    expect((await late).status).toBe(200);
    await stopping;
    expect(events.at(-1)).toBe("stop slow");
  });

  it("cuts the remaining requests when the grace period is over", async () => {
    const kernel = await start({
      endless: {
        needs: [],
        start: recording("endless", (context) =>
          context.route("/endless", ANONYMOUS, (_request, response) => void response.write("…")),
        ),
      },
    });
    const endless = await fetch(`${kernel.url}/endless`);
    const startedAt = Date.now();
    await kernel.stop({ grace: 300 });
    expect(Date.now() - startedAt).toBeLessThan(2000);
    await expect(endless.text()).rejects.toThrow();
  });

  it("routes by the longest prefix, and only whole segments", async () => {
    const says = (text: string) => (_request: unknown, response: Parameters<Parameters<Context["route"]>[2]>[1]) =>
      void response.end(text);
    const kernel = await start({
      one: {
        needs: [],
        start: recording("one", (context) => {
          context.route("/a", ANONYMOUS, says("a"));
          context.route("/a/b", ANONYMOUS, says("b"));
          expect(() => context.route("/a", ANONYMOUS, says("again"))).toThrow("two modules claim");
        }),
      },
    });
    const get = async (path: string): Promise<string> => (await fetch(`${kernel.url}${path}`)).text();
    expect(await get("/a")).toBe("a");
    expect(await get("/a/x?y")).toBe("a");
    expect(await get("/a/b/c")).toBe("b");
    expect(await get("/ab")).toContain("not_found");
  });

  it("responds with 500 for a handler that throws, and continues to serve", async () => {
    const kernel = await start({
      bad: {
        needs: [],
        start: recording("bad", (context) =>
          context.route("/bad", ANONYMOUS, () => {
            throw new Error("a defect");
          }),
        ),
      },
    });
    expect((await fetch(`${kernel.url}/bad`)).status).toBe(500);
    expect((await fetch(`${kernel.url}/health`)).status).toBe(200);
  });

  it("requires the internal token, created on first start, on paths below /internal", async () => {
    const kernel = await start({
      one: {
        needs: [],
        start: recording("one", (context) => {
          context.route("/internal/one", INTERNAL_TOKEN, (_request, response) => respondJson(response, 200, {}));
          expect(() => context.route("/internal/two", ANONYMOUS, () => {})).toThrow("must require the internal token");
        }),
      },
    });
    const file = join(directory, "secrets", "internal", "token");
    const token = (await readFile(file, "utf8")).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const ask = async (authorization?: string): Promise<number> =>
      (await fetch(`${kernel.url}/internal/one`, authorization === undefined ? {} : { headers: { authorization } }))
        .status;
    expect([await ask(), await ask("Bearer wrong"), await ask(`Bearer ${token}`)]).toEqual([401, 401, 200]);
  });

  it("reports what prevents the start, and how to resolve it", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await expect(start({}, { listen: { host: "127.0.0.1", port: address.port } })).rejects.toMatchObject({
      code: "port/in-use",
      hint: expect.stringContaining("--listen"),
    });
    server.close();
    await expect(start({}, { modules: ["gatway"] })).rejects.toMatchObject({ code: "modules/unknown", exitCode: 2 });
    const table: Table = {
      one: { needs: ["two"], start: recording("one") },
      two: { needs: [], start: recording("two"), remote: () => "two" },
    };
    await expect(start(table, { modules: ["one"] })).rejects.toMatchObject({
      code: "modules/unreachable",
      hint: expect.stringContaining("--peer two="),
    });
    await writeFile(join(directory, "file"), "");
    await expect(start({}, { dataDirectory: join(directory, "file", "data") })).rejects.toMatchObject({
      code: "data/unwritable",
    });
  });
});
