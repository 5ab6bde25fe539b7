import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { type Cleanups, keelson, program, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a start", () => {
  test("in the background is stopped by Ctrl-C, and leaves nothing", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const interrupt = new AbortController();
    const args = ["up", "--detach", "--data", data, "--port", String(await freePort())];
    const started = keelson(cwd, args, { interrupt: interrupt.signal });
    cleanups.push(() => keelson(cwd, ["down", "--data", data]));
    await until(() => existsSync(join(data, "plan.json")), 30_000, "a start in progress");
    interrupt.abort();
    const { code, err } = await started;
    expect(code, err).toBe(1);
    expect(err).toContain("error start/failed the platform exited before it was ready");
    expect(await serverProcesses(join(data, "postgres/data"))).toEqual([]);
    expect(existsSync(join(data, "lock"))).toBe(false);
    expect(existsSync(join(data, "logs/up.json"))).toBe(false);
  }, 90_000);

  test("can be inspected and stopped from another terminal before it is ready", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const args = [program, "up", "--json", "--data", data, "--port", String(await freePort())];
    const child = spawn(process.execPath, args, { cwd, stdio: "ignore" });
    cleanups.push(() => child.kill("SIGKILL"));
    const ended = once(child, "exit");
    await until(() => existsSync(join(data, "control.sock")), 30_000, "a control socket");
    const status = await keelson(cwd, ["status", "--json", "--data", data]);
    expect(status.code, status.err).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ platform: "starter", pid: child.pid });
    const down = await keelson(cwd, ["down", "--json", "--data", data]);
    expect(JSON.parse(down.out)).toMatchObject({ pid: child.pid });
    expect(await ended).toEqual([0, null]);
  }, 90_000);
});

test("a platform whose output has no reader shuts down cleanly", async () => {
  const platform = await up(cleanups);
  // As in `keelson up 2>&1 | tee`, where the same Ctrl-C has stopped tee.
  platform.child.stderr?.destroy();
  platform.child.stdout?.destroy();
  expect(await platform.stop()).toBe(0);
  expect(existsSync(join(platform.data, "lock"))).toBe(false);
}, 90_000);

describe("with the data of several platforms", () => {
  test("commands use that of the running one", async () => {
    const cwd = workDirectory(cleanups);
    mkdirSync(join(cwd, ".keelson/another-local/logs"), { recursive: true });
    const started = await keelson(cwd, ["up", "--detach", "--port", String(await freePort())]);
    cleanups.push(() => keelson(cwd, ["down"]));
    expect(started.code, started.err).toBe(0);
    const logs = await keelson(cwd, ["logs", "platform"]);
    expect(logs.out, logs.err).toContain("serving");
    expect((await keelson(cwd, ["backups"])).out).toContain(join(cwd, ".keelson/starter-local/backups"));

    expect((await keelson(cwd, ["down"])).code).toBe(0);
    const refused = await keelson(cwd, ["logs"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("error data/unknown more than one data directory exists below this directory");
  }, 120_000);
});

test("`logs -f` shows a line once it is complete", async () => {
  const cwd = workDirectory(cleanups);
  const file = join(cwd, "data/logs/platform.log");
  mkdirSync(join(cwd, "data/logs"), { recursive: true });
  writeFileSync(file, "the first\nthe sec");
  writeFileSync(join(cwd, "data/logs/postgres.log"), "");
  const follow = spawn(process.execPath, [program, "logs", "-f", "--json", "--data", "data"], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(() => follow.kill("SIGKILL"));
  let shown = "";
  follow.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  const lines = (from = "platform") =>
    shown.split("\n").flatMap((json) => {
      const { process: name, message } = json === "" ? {} : JSON.parse(json);
      return name === from ? [message] : [];
    });
  await until(() => lines().length > 0, 20_000, "the first line");
  // Split within a character of two bytes.
  const [bytes, cut] = [Buffer.from("ond: größe\n"), 8];
  appendFileSync(file, bytes.subarray(0, cut));
  // Every log is read at each interval: after two lines of another log, the first part has been read.
  for (const count of [1, 2]) {
    appendFileSync(join(cwd, "data/logs/postgres.log"), "a line\n");
    await until(() => lines("postgres").length === count, 20_000, "a line of the other log");
  }
  appendFileSync(file, bytes.subarray(cut));
  await until(() => lines().length > 1, 20_000, "the second line");
  expect(lines()).toEqual(["the first", "the second: größe"]);
  expect(readdirSync(cwd)).toEqual(["data"]);
}, 60_000);
