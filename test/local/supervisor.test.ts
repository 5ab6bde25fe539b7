import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { type Child, describeExit } from "../../src/local/children/child.js";
import type { ProcessSpec } from "../../src/local/processes.js";
import { type Supervisor, startSupervisor } from "../../src/local/supervisor.js";

/** A process that runs until it is stopped: the test is about when it is started and stopped. */
const started: ChildProcess[] = [];
let supervisor: Supervisor | undefined;

function startIdle(): Child {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  started.push(child);
  const exited = new Promise<{ how: string }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ how: describeExit(code, signal) }));
  });
  return {
    pid: async () => child.pid,
    ready: once(child, "spawn").then(() => undefined),
    exited,
    probe: async () => true,
    stop: () => child.kill("SIGTERM"),
    kill: () => child.kill("SIGKILL"),
  };
}

const spec: ProcessSpec = {
  kind: "postgres",
  name: "postgres",
  needs: [],
  liveness: { every: 1000, failures: 3 },
  startup: 10_000,
  grace: 5_000,
};

const alive = (): number =>
  started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).length;

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

afterEach(async () => {
  await supervisor?.stop();
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

describe("work that requires every process to be stopped", () => {
  test("twice at once: no process starts before both are done", async () => {
    supervisor = startSupervisor([spec], startIdle);
    await supervisor.whenReady();
    const first = gate();
    const second = gate();
    const entered = gate();
    const one = supervisor.whileStopped(() => first.opened);
    const two = supervisor.whileStopped(() => {
      entered.open();
      return second.opened;
    });
    await entered.opened;
    expect(alive()).toBe(0);
    first.open();
    await one;
    expect(started).toHaveLength(1);
    second.open();
    await two;
    await supervisor.whenReady();
    expect(started).toHaveLength(2);
    expect(alive()).toBe(1);
  });

  test("no process starts again once a stop was requested", async () => {
    supervisor = startSupervisor([spec], startIdle);
    await supervisor.whenReady();
    const work = gate();
    const entered = gate();
    const done = supervisor.whileStopped(() => {
      entered.open();
      return work.opened;
    });
    await entered.opened;
    await supervisor.stop();
    work.open();
    await done;
    expect(started).toHaveLength(1);
    expect(alive()).toBe(0);
  });

  test("that fails is followed by a restart of the processes", async () => {
    supervisor = startSupervisor([spec], startIdle);
    await supervisor.whenReady();
    await expect(supervisor.whileStopped(() => Promise.reject(new Error("no such backup")))).rejects.toThrow(
      "no such backup",
    );
    await supervisor.whenReady();
    expect(alive()).toBe(1);
  });
});
