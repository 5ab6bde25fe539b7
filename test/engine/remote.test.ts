import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enginesOfPlan } from "../../src/runtime/engine/index.js";
import type { Context } from "../../src/runtime/kernel/module.js";
import { planOf } from "../support/gateway/gateway.js";

describe("engines in other processes", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** A context whose secrets count how often they are read. */
  function counting(closed: AbortSignal): { readonly context: Context; readonly reads: () => number } {
    let reads = 0;
    const plan = planOf(`platform: test
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database], expose: true }
models:
  assistant: { upstreams: [{ url: "https://api.example.com/v1", key: vendor/api-key }] }
secrets:
  vendor: { keys: [api-key] }
stores:
  database: { postgres: 17 }
`);
    const context: Context = {
      ...{ plan, unit: undefined, model: undefined, dataDirectory: "/nonexistent", peers: {}, localModules: [] },
      secrets: {
        read: async () => {
          reads += 1;
          return "key";
        },
        write: async () => undefined,
      },
      log: pino({ level: "silent" }),
      metrics: new Registry(),
      ...{ internalToken: "token", engineToken: "engines", tracer: undefined, publicUrl: "http://127.0.0.1", closed },
      peer: () => undefined,
      clientOf: () => ({ address: "127.0.0.1", host: "" }),
      draining: () => false,
      services: () => [],
      route: () => undefined,
      refuse: () => undefined,
      report: () => undefined,
    };
    return { context, reads: () => reads };
  }

  it("are looked up again every two seconds until the process has stopped, and then never", async () => {
    const process = new AbortController();
    const { context, reads } = counting(process.signal);
    const engine = enginesOfPlan(context);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(engine.targets()).toMatchObject([{ model: "assistant", authorization: "Bearer key" }]);
    expect(reads()).toBe(4);
    process.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads()).toBe(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not looked up again if the process stops during a look-up", async () => {
    const process = new AbortController();
    const { context, reads } = counting(process.signal);
    enginesOfPlan(context);
    process.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
