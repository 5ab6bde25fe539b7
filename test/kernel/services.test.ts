import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import type { Context, Running } from "../../src/runtime/kernel/module.js";
import { Services } from "../../src/runtime/kernel/services.js";
import { getInternally, planWith } from "../support/gateway/gateway.js";

describe("the reported state of a module", () => {
  const stateOf = (services: Services): string | undefined => services.list()[0]?.state;

  it("is its condition while it runs, and the name of its lifecycle state otherwise", () => {
    const services = new Services([{ name: "gateway", needs: [] }]);
    const lifecycle = services.lifecycle("gateway");
    const seen = [stateOf(services)];
    lifecycle.apply("start");
    services.report("gateway", "degraded", "the ledger is unreachable");
    seen.push(stateOf(services));
    lifecycle.apply("started");
    seen.push(stateOf(services));
    services.report("gateway", "ready");
    seen.push(stateOf(services));
    lifecycle.apply("stop");
    seen.push(stateOf(services));
    lifecycle.apply("stopped");
    seen.push(stateOf(services));
    expect(seen).toEqual(["waiting", "starting", "degraded", "ready", "stopping", "stopped"]);
  });

  it("is failed with the failure case, which later reports do not replace", () => {
    const services = new Services([{ name: "gateway", needs: [] }]);
    const lifecycle = services.lifecycle("gateway");
    lifecycle.apply("start");
    lifecycle.apply("started");
    lifecycle.fail("no disk");
    services.report("gateway", "ready");
    expect(services.list()).toMatchObject([{ state: "failed", reason: "no disk" }]);
    expect([services.ready, services.failed]).toEqual([false, true]);
  });
});

describe("a running module that fails", () => {
  let directory: string;
  let kernel: Kernel;
  let end: { resolve(): void; reject(error: Error): void };
  let stopped: boolean;
  const failures: string[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-services-"));
    stopped = false;
    failures.length = 0;
    const start = async (_context: Context): Promise<Running<string>> => ({
      client: "worker",
      background: new Promise<void>((resolve, reject) => {
        end = { resolve, reject };
      }),
      stop: async () => {
        stopped = true;
        end.resolve();
      },
    });
    kernel = await startKernel(
      { worker: { needs: [], start } },
      {
        plan: planWith("assistant: { engine: simulated }"),
        modules: ["worker"],
        listen: { host: "127.0.0.1", port: 0 },
        dataDirectory: join(directory, "data"),
        secretsDirectory: join(directory, "secrets"),
        log: pino({ level: "silent" }),
        onModuleFailure: (module, failureCase) => failures.push(`${module}: ${failureCase}`),
      },
    );
  });
  afterEach(async () => {
    await kernel.stop({ grace: 1000 });
    await rm(directory, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<readonly [number, unknown]> => {
    const response = await getInternally(kernel.url, path, join(directory, "secrets"));
    return [response.status, await response.json()];
  };

  it.each([
    ["with an error", () => end.reject(new Error("the loop ended")), "the loop ended"],
    ["without one", () => end.resolve(), "its background work ended"],
  ])(
    "%s makes its process neither ready nor alive, notifies its owner, and is still stopped",
    async (_how, fail, reason) => {
      expect((await get("/health/liveness"))[0]).toBe(200);
      fail();
      await new Promise(setImmediate);
      expect(failures).toEqual([`worker: ${reason}`]);
      expect(await get("/health/liveness")).toEqual([503, { status: "failed" }]);
      expect(await get("/health/readiness")).toMatchObject([
        503,
        { waitsFor: [{ name: "worker", state: "failed", reason }] },
      ]);
      expect(await get("/services")).toMatchObject([200, { services: [{ name: "worker", state: "failed", reason }] }]);
      await kernel.stop({ grace: 1000 });
      expect(stopped).toBe(true);
      expect(kernel.services.list()).toMatchObject([{ state: "failed", reason }]);
    },
  );

  it("is not a failure once a stop was requested", async () => {
    await kernel.stop({ grace: 1000 });
    expect(failures).toEqual([]);
    expect(kernel.services.list()).toMatchObject([{ state: "stopped", reason: undefined }]);
  });
});
