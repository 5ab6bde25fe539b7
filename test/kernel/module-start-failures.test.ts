import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startAccounts } from "../../src/runtime/accounts/accounts.js";
import { startDashboard } from "../../src/runtime/dashboard/index.js";
import type { Database } from "../../src/runtime/database/client.js";
import { startEngine } from "../../src/runtime/engine/index.js";
import { startGateway } from "../../src/runtime/gateway/index.js";
import type { Context } from "../../src/runtime/kernel/module.js";
import { startInSteps } from "../../src/runtime/kernel/start-steps.js";
import { startUsage } from "../../src/runtime/usage/usage.js";
import { planWith } from "../support/gateway/gateway.js";

const log = pino({ level: "silent" });

/** A context in which another module has claimed the path `taken`. */
function contextWith(taken: string | undefined, given: Partial<Context> = {}): Context {
  return {
    plan: planWith("assistant: { engine: simulated }"),
    ...{ unit: undefined, model: undefined, dataDirectory: "/nonexistent", peers: {}, localModules: [] },
    secrets: { read: async () => undefined, write: async () => undefined },
    ...{
      log,
      metrics: new Registry(),
      internalToken: "token",
      engineToken: "engines",
      tracer: undefined,
      publicUrl: "http://127.0.0.1",
    },
    closed: new AbortController().signal,
    peer: () => undefined,
    clientOf: () => ({ address: "127.0.0.1", host: "" }),
    draining: () => false,
    services: () => [],
    route: (prefix) => {
      if (prefix === taken) throw new Error(`${prefix} is claimed twice`);
    },
    refuse: () => undefined,
    report: () => undefined,
    ...given,
  };
}

/** A database without contents that counts its listeners. */
function emptyDatabase(): { readonly database: Database; readonly listeners: () => number } {
  let listeners = 0;
  const tables = () => ({ transaction: () => Promise.resolve<never>(undefined as never) });
  const database: Database = {
    tables,
    lookUps: tables,
    migrate: async () => undefined,
    listen: () => {
      listeners += 1;
      return () => {
        listeners -= 1;
      };
    },
  };
  return { database, listeners: () => listeners };
}

const noAccounts = {
  authenticate: async () => undefined,
  identify: async () => undefined,
  nameKeys: async () => ({}),
  watch: () => () => undefined,
};

afterEach(() => {
  vi.useRealTimers();
});

describe("a module whose start fails", () => {
  it("undoes the steps before the failed one, newest first, and throws the error of that step", async () => {
    const released: string[] = [];
    const started = startInSteps(log, async (undo) => {
      await undo.step(
        "first",
        () => 1,
        () => released.push("first"),
      );
      await undo.step(
        "second",
        () => 2,
        () => {
          released.push("second");
          throw new Error("cannot be released");
        },
      );
      throw new Error("the third fails");
    });
    await expect(started).rejects.toThrow("the third fails");
    expect(released).toEqual(["second", "first"]);
  });

  it.each(["/admin/session", "/admin/audit", "/internal/accounts"])(
    "leaves no timer and no listener of the database (accounts, at %s)",
    async (taken) => {
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      const { database, listeners } = emptyDatabase();
      await expect(startAccounts(contextWith(taken), { database })).rejects.toThrow(`${taken} is claimed twice`);
      expect(listeners()).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it.each(["/v1", "/api", "/admin/models", "/internal/gateway"])(
    "leaves no timer, no watch and no lock of the journal (gateway, at %s)",
    async (taken) => {
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      const dataDirectory = await mkdtemp(join(tmpdir(), "keelson-start-"));
      let watches = 0;
      const watch = (): (() => void) => {
        watches += 1;
        return () => {
          watches -= 1;
        };
      };
      const needs = {
        accounts: { ...noAccounts, watch },
        usage: { record: async () => undefined, measuredModels: async () => [] },
        engine: { targets: () => [], reason: () => undefined, failure: () => undefined, watch },
      };
      try {
        const started = startGateway(contextWith(taken, { dataDirectory }), needs);
        await expect(started).rejects.toThrow(`${taken} is claimed twice`);
        expect([watches, vi.getTimerCount()]).toEqual([0, 0]);
        const running = await startGateway(contextWith(undefined, { dataDirectory }), needs);
        await running.stop(AbortSignal.timeout(60_000));
        expect([watches, vi.getTimerCount()]).toEqual([0, 0]);
      } finally {
        await rm(dataDirectory, { recursive: true, force: true });
      }
    },
  );

  it("leaves no engine running", async () => {
    const started = startEngine(contextWith("/v1", { model: "assistant" }));
    await expect(started).rejects.toThrow("/v1 is claimed twice");
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap")).toEqual([]);
  });

  it("throws the first error (usage, dashboard)", async () => {
    const { database } = emptyDatabase();
    const usage = startUsage(contextWith("/internal/usage"), { database, accounts: noAccounts });
    await expect(usage).rejects.toThrow("/internal/usage is claimed twice");
    const dashboard = startDashboard(contextWith("/"), {
      accounts: noAccounts,
      gateway: { models: async () => [] },
      usage: { record: async () => undefined, measuredModels: async () => [] },
    });
    await expect(dashboard).rejects.toThrow("/ is claimed twice");
  });
});

describe("the stop of a module", () => {
  it("releases everything although a release fails, and then rejects with that failure", async () => {
    const released: string[] = [];
    const running = await startInSteps(log, async (undo) => {
      undo.defer("journal", () => released.push("journal"));
      undo.defer("app", () => Promise.reject(new Error("cannot close")));
      return { client: "client" };
    });
    await expect(running.stop(AbortSignal.timeout(60_000))).rejects.toThrow("app: cannot close");
    expect(released).toEqual(["journal"]);
  });

  it("of the accounts releases its timer and its listener of the database", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { database, listeners } = emptyDatabase();
    const running = await startAccounts(contextWith(undefined), { database });
    expect([listeners(), vi.getTimerCount()]).toEqual([1, 1]);
    await running.stop(AbortSignal.timeout(60_000));
    expect([listeners(), vi.getTimerCount()]).toEqual([0, 0]);
  });
});
