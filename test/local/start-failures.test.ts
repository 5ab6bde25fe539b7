import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { loadPlan } from "../../src/cli/platform/load.js";
import { freePort } from "../../src/local/free-port.js";
import { orphansOf } from "../../src/local/orphans.js";
import { type Platform, type PlatformOptions, startPlatform } from "../../src/local/platform.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { type Cleanups, untilNone, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Every step of a first start, in order. */
const STEPS = [
  "acquire the data directory",
  "open the supervisor's log",
  "wait for orphans",
  "check the port",
  "locate the database",
  "open the backup repository",
  "start recovery",
  "read the backup catalogue",
  "write the plan",
  "open the journal of acts",
  "start the supervisor",
  "start the drills",
  "open the control socket",
  "publish the running platform",
  "wait until the processes are ready",
];

async function options(): Promise<PlatformOptions> {
  return {
    plan: await loadPlan("starter", undefined),
    file: "starter",
    data: join(workDirectory(cleanups), "data"),
    host: "127.0.0.1",
    port: await freePort(),
    split: false,
    onProgress: () => undefined,
    version: "test",
  };
}

/** Everything of a platform that is still there. */
async function remains({ data, port }: PlatformOptions): Promise<readonly string[]> {
  const found = ["lock", "platform.json", "control.sock"].filter((name) => existsSync(join(data, name)));
  const listening = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  const servers = await serverProcesses(join(data, "postgres/data"));
  const processes = await orphansOf({ modules: join(data, "modules") });
  return [
    ...found,
    ...(listening ? [`port ${port}`] : []),
    ...servers.map((pid) => `PostgreSQL ${JSON.stringify(pid)}`),
    ...processes.map(({ pid }) => `keelson serve ${pid}`),
  ];
}

describe("a start of the local platform", () => {
  test("that succeeds has the steps that this test fails one by one, and stops without remains", async () => {
    const steps: string[] = [];
    const given = { ...(await options()), afterStep: (step: string) => void steps.push(step) };
    const platform = await startPlatform(given, () => ({}));
    expect(steps).toEqual(STEPS);
    expect(await remains(given)).not.toEqual([]);
    await platform.stop();
    expect(await remains(given)).toEqual([]);
  }, 120_000);

  test.each(STEPS)(
    "that fails after the step “%s” leaves no process, port, socket or lock",
    async (failing) => {
      const given = {
        ...(await options()),
        afterStep: (step: string) => {
          if (step === failing) throw new Error(`injected after ${step}`);
        },
      };
      await expect(startPlatform(given, () => ({}))).rejects.toThrow(`injected after ${failing}`);
      expect(await remains(given)).toEqual([]);
      await untilNone(() => serverProcesses(join(given.data, "postgres/data")), 1_000);
    },
    120_000,
  );

  test("that fails when the processes are ready cancels a drill that was requested meanwhile", async () => {
    const platforms: Platform[] = [];
    const states: string[] = [];
    const given = {
      ...(await options()),
      afterStep: async (step: string) => {
        if (step !== "wait until the processes are ready") return;
        for (const { drills } of platforms) {
          const { id } = await drills.start({ fault: "process-crash", steadyMs: 60_000 });
          void drills.finished(id).then(({ state }) => states.push(state));
        }
        throw new Error("injected");
      },
    };
    const started = startPlatform(given, (platform) => {
      platforms.push(platform);
      return {};
    });
    await expect(started).rejects.toThrow("injected");
    expect(states).toEqual(["cancelled"]);
    expect(await remains(given)).toEqual([]);
  }, 120_000);

  test("that cannot listen removes the new data directory", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const given = { ...(await options()), port: address.port };
    await expect(startPlatform(given, () => ({}))).rejects.toMatchObject({ code: "port/in-use" });
    expect(existsSync(given.data)).toBe(false);
  });
});
