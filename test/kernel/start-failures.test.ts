import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineModules, type Table } from "../../src/runtime/kernel/define.js";
import { type ServeOptions, startKernel } from "../../src/runtime/kernel/kernel.js";
import type { Context, Running } from "../../src/runtime/kernel/module.js";
import { planWith } from "../support/gateway/gateway.js";

/** Every step of a start with all options and two modules, in order. */
const STEPS = [
  "read the tokens",
  "create the data directory",
  "open the listener",
  "open the metrics listener",
  "start the tracer",
  "start first",
  "start second",
];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-start-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const running = new Set<string>();
const urls = new Set<string>();

/** A module that holds a timer until it is stopped. */
const module =
  (name: string, options: { readonly stopFails?: boolean } = {}) =>
  async (context: Context): Promise<Running<string>> => {
    urls.add(context.publicUrl);
    const timer = setInterval(() => undefined, 1000);
    running.add(name);
    return {
      client: name,
      stop: async () => {
        clearInterval(timer);
        running.delete(name);
        if (options.stopFails) throw new Error(`${name} cannot stop`);
      },
    };
  };

const table = defineModules({
  first: { needs: [], start: module("first") },
  second: { needs: ["first"], start: module("second") },
});

function options(given: Partial<ServeOptions> = {}): ServeOptions {
  const plan = planWith("assistant: { engine: simulated }");
  return {
    plan: { ...plan, observe: { ...plan.observe, otlp: "http://127.0.0.1:9/v1/traces" } },
    modules: Object.keys(table),
    listen: { host: "127.0.0.1", port: 0 },
    metricsListen: { host: "127.0.0.1", port: 0 },
    dataDirectory: join(directory, "data"),
    secretsDirectory: join(directory, "secrets"),
    log: pino({ level: "silent" }),
    ...given,
  };
}

/** The resources that keep this process alive, by kind: open listeners and timers. A closed handle is listed for some turns of the event loop. */
async function resources(): Promise<readonly string[]> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  return process
    .getActiveResourcesInfo()
    .filter((kind) => /TCPServer|Timeout|Timer/.test(kind))
    .sort();
}

/** The elements of `after` that `before` lacks. (A timer of the test runner may have expired in between.) */
function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const remaining = [...before];
  return after.filter((kind) => {
    const at = remaining.indexOf(kind);
    if (at >= 0) remaining.splice(at, 1);
    return at < 0;
  });
}

describe("a start that fails", () => {
  it("has the steps that this test fails one by one", async () => {
    const steps: string[] = [];
    const kernel = await startKernel(table, options({ afterStep: (step) => void steps.push(step) }));
    expect(steps).toEqual(STEPS);
    await kernel.stop();
    expect(running).toEqual(new Set());
  });

  it.each(STEPS)("at the step “%s” leaves no listener, timer or module running", async (failing) => {
    const before = await resources();
    urls.clear();
    const passed: string[] = [];
    const started = startKernel(
      table,
      options({
        afterStep: (step) => {
          passed.push(step);
          if (step === failing) throw new Error(`injected after ${step}`);
        },
      }),
    );
    await expect(started).rejects.toThrow(`injected after ${failing}`);
    expect(passed).toEqual(STEPS.slice(0, STEPS.indexOf(failing) + 1));
    expect(running).toEqual(new Set());
    for (const url of urls) await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
    expect(added(before, await resources())).toEqual([]);
  });

  it("because the metrics address is in use closes the listener that was already open", async () => {
    const before = await resources();
    const kernel = await startKernel(table, options());
    const port = Number(new URL(kernel.metricsUrl ?? "").port);
    await expect(startKernel(table, options({ metricsListen: { host: "127.0.0.1", port } }))).rejects.toMatchObject({
      code: "port/in-use",
    });
    await kernel.stop();
    expect(added(before, await resources())).toEqual([]);
  });

  it("logs a module that cannot stop, stops the others, and throws the first error", async () => {
    const lines: string[] = [];
    const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
    const stubborn: Table = {
      first: { needs: [], start: module("first") },
      stubborn: { needs: ["first"], start: module("stubborn", { stopFails: true }) },
      broken: { needs: ["stubborn"], start: () => Promise.reject(new Error("cannot start")) },
    };
    await expect(startKernel(stubborn, options({ modules: Object.keys(stubborn), log }))).rejects.toThrow(
      "cannot start",
    );
    expect(running).toEqual(new Set());
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ msg: "cleanup failed", step: "start stubborn", error: "stubborn cannot stop" }),
    ]);
  });
});
