import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { steadyLoad } from "../../src/recovery/drills/load.js";
import { newDrill } from "../../src/recovery/drills/record.js";
import { markdownReport } from "../../src/recovery/drills/report/markdown.js";
import { runDrill } from "../../src/recovery/drills/run-drill.js";
import type { DrillBackups, DrillTarget, FaultExecutor, Finding } from "../../src/recovery/drills/target.js";
import { planOf } from "../support/check/findings.js";

const plan = planOf(
  `
platform: shop
services: { gateway: { modules: [gateway, accounts, usage], calls: [orders, assistant] } }
stores: { orders: { postgres: 17, size: 1G } }
models: { assistant: { engine: simulated } }
objectives: { rto: 1m, rpo: 1m }
`,
);

/** A platform in memory: an HTTP server for chats and a list of committed writes. */
class Platform {
  available = true;
  readonly written: string[] = [];
  readonly counted: string[] = [];
  #server: Server | undefined;
  #url = "";
  #number = 0;

  async start(): Promise<void> {
    const server = createServer((_, response) => {
      if (!this.available) return response.writeHead(503).end();
      const id = `request ${this.#number++}`;
      this.counted.push(id);
      response.setHeader("x-request-id", id);
      return response.end(
        JSON.stringify({ choices: [{ message: { content: "ok" } }], usage: { completion_tokens: 1 } }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#server = server;
    const address = server.address();
    if (address !== null && typeof address === "object") this.#url = `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  target(): DrillTarget {
    const requireAvailable = () => {
      if (!this.available) throw new Error("connection refused");
    };
    const unused = () => Promise.reject(new Error("this platform has no backups"));
    const backups: DrillBackups = {
      state: () => ({
        service: "running",
        archive: undefined,
        next: undefined,
        busy: undefined,
        failing: undefined,
        requested: undefined,
      }),
      lastRestore: () => undefined,
      catalogue: unused,
      take: unused,
      verify: unused,
      remove: unused,
      probeArchive: unused,
    };
    return {
      plan,
      clients: { url: this.#url, apiKey: "key", operatorToken: "token", unitUrl: () => undefined },
      backups,
      processes: async () => [{ name: "all", kind: "serve", pid: 1, running: this.available, units: ["gateway"] }],
      signalProcess: async () => {
        this.available = false;
      },
      destroyDatabaseStorage: async () => undefined,
      pruneDestroyedStorage: async () => undefined,
      corruptNewestBackup: async () => "none",
      openWriter: async () => ({
        load: (rate) =>
          steadyLoad(rate, "write", async (n) => {
            requireAvailable();
            this.written.push(`write ${n}`);
            return `write ${n}`;
          }),
        survivors: async () => {
          requireAvailable();
          return new Set(this.written);
        },
        close: async () => undefined,
      }),
      readAcknowledged: async (ids) => {
        requireAvailable();
        return new Set(ids.filter((id) => this.counted.includes(id)));
      },
      databaseVersion: async () => "17.2",
      onEvent: () => () => undefined,
    };
  }
}

function fault(over: Partial<FaultExecutor> & { afterwards?: (platform: Platform) => void }, on: Platform) {
  const { afterwards = () => undefined, ...rest } = over;
  const injection = (name: string) => ({
    description: `kill -9 of ${name}`,
    subjects: ["orders"],
    observedBy: "write" as const,
    inject: async () => {
      await on.target().signalProcess(1, "SIGKILL");
      afterwards(on);
    },
    isRepaired: async () => on.available,
  });
  const executor: FaultExecutor = {
    id: "process-crash",
    title: "Each process is killed",
    losesData: false,
    checkPreconditions: async () => [],
    injections: async () => [injection("the database"), injection("the database, again")],
    verify: async () => [],
    restoreState: async () => undefined,
    ...rest,
  };
  return executor;
}

let platform: Platform;
beforeEach(async () => {
  platform = new Platform();
  await platform.start();
});
afterEach(() => platform.stop());

async function run(executor: FaultExecutor, options: { signal?: AbortSignal; onStart?: () => void } = {}) {
  const initial = newDrill({
    planDigest: "0".repeat(64),
    fault: executor,
    plan,
    model: "assistant",
    steadyMs: 300,
    ratePerSecond: 20,
    version: "0",
  });
  return runDrill(
    platform.target(),
    executor,
    {
      steadyMs: 300,
      ratePerSecond: 20,
      signal: options.signal ?? new AbortController().signal,
      recoveryTimeoutMs: 3000,
      baselineTimeoutMs: 1000,
      onChange: ({ events }) => {
        if (events.some(({ what }) => what.startsWith("steady load"))) options.onStart?.();
      },
    },
    initial,
  );
}

describe("a drill of a platform that recovers", () => {
  it("measures the outage and keeps the promise", async () => {
    const executor = fault(
      {
        afterwards: (on) => {
          setTimeout(() => {
            on.available = true;
          }, 500);
        },
      },
      platform,
    );
    const result = await run(executor);
    expect(result).toMatchObject({ state: "finished", verdict: "kept", findings: [], lost: 0 });
    expect(result.faults).toHaveLength(2);
    for (const { rto, rpo } of result.measurements) {
      expect(rto).toMatchObject({ kind: "measured", ms: expect.any(Number) });
      expect(rpo).toEqual({ kind: "measured", ms: 0 });
    }
    expect(result.events.map(({ what }) => what)).toContain("recovered");
  }, 30_000);
});

describe("a drill of a platform that does not recover", () => {
  it("breaks the promise, records that there was no recovery, and injects no further fault", async () => {
    const result = await run(fault({}, platform));
    expect(result).toMatchObject({
      state: "finished",
      verdict: "broken",
      subject: "orders",
      rto: { kind: "never-recovered" },
      // The data cannot be read back either.
      rpo: { kind: "never-recovered" },
    });
    expect(result.faults).toHaveLength(1);
    expect(result.findings.map(({ what }) => what)).toEqual([
      "the platform did not recover",
      "the acknowledged writes cannot be read back",
    ]);
    const events = result.events.map(({ what }) => what);
    expect(events).toContain("no recovery within 3 s");
    expect(events).not.toContain("recovered");
    expect(markdownReport(result)).toContain("**BROKEN.**");
    expect(markdownReport(result)).toContain("| orders | 1m |");
    expect(markdownReport(result)).toMatch(/no recovery within \ds/);
  }, 60_000);
});

describe("a drill", () => {
  it("measures nothing if its load fails before the fault, and names the reasons", async () => {
    platform.available = false;
    const result = await run(fault({}, platform));
    expect(result).toMatchObject({ state: "failed", measurements: [], faults: [] });
    expect(result.reason).toMatch(/^before the fault, 0 of \d+ writes were answered .*\(\d+ × connection refused\)/);
    expect(result.failures).toContainEqual({ kind: "request", reason: "status 503", count: expect.any(Number) });
  }, 60_000);

  it("destroys nothing and breaks the promise if a precondition fails", async () => {
    const finding: Finding = { what: "no backup can be taken", why: "the disk is full" };
    const result = await run(fault({ checkPreconditions: async () => [finding] }, platform));
    expect(result).toMatchObject({ state: "finished", verdict: "broken", faults: [], findings: [finding] });
    expect(platform.available).toBe(true);
  });

  it("that is cancelled is cancelled, proves nothing, and restores the state", async () => {
    const abort = new AbortController();
    let restored = 0;
    const executor = fault(
      {
        restoreState: async () => {
          restored += 1;
        },
      },
      platform,
    );
    const result = await run(executor, { signal: abort.signal, onStart: () => abort.abort() });
    expect(result).toMatchObject({ state: "cancelled", reason: "the drill was cancelled", measurements: [] });
    expect(restored).toBe(1);
  });

  it("keeps its measurements if the verification fails, as a finding", async () => {
    const executor = fault(
      {
        injections: async () => [],
        verify: async () => {
          throw new Error("the repository is unreachable");
        },
      },
      platform,
    );
    expect(await run(executor)).toMatchObject({
      state: "finished",
      verdict: "broken",
      findings: [{ what: "the verification failed", why: "the repository is unreachable" }],
    });
  });
});
