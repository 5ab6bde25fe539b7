import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { type Cleanups, keelson, program, until, untilNone, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The write end of a full pipe that has no reader: a write to it blocks. */
function fullPipe(directory: string): number {
  const path = join(directory, "full");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  cleanups.push(() => [reader, writer].forEach(closeSync));
  const chunk = Buffer.alloc(4096, "\n");
  try {
    for (let n = 0; n < 1024; n += 1) writeSync(reader, chunk);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return writer;
    throw error;
  }
  throw new Error("the pipe does not fill up");
}

test.skipIf(process.platform !== "linux")(
  "the first key survives a kill before it was printed: the next start prints it",
  async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const keyFile = join(data, "secrets/first-key/key");
    const args = ["up", "--json", "--port", String(await freePort()), "--data", data];
    const first = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", fullPipe(cwd), "ignore"] });
    cleanups.push(() => first.kill("SIGKILL"));
    await until(() => existsSync(keyFile), 60_000, "the first key");
    await until(() => existsSync(join(data, "secrets/terminal/key")), 60_000, "the key of the terminal");
    // The remaining steps before the report take at most three seconds. Nothing observable indicates that the write is blocked.
    await sleep(5_000);
    const key = readFileSync(keyFile, "utf8").trim();
    const exited = once(first, "exit");
    first.kill("SIGKILL");
    await exited;
    await untilNone(() => serverProcesses(join(data, "postgres/data")), 20_000);

    const second = await up(cleanups, { cwd });
    expect(second.report["firstKey"]).toBe(key);
    await until(() => !existsSync(keyFile), 5_000, "the removal of the printed key");
    const chat = await keelson(cwd, ["chat", "Hello?", "--json", "--data", data], { env: { KEELSON_API_KEY: key } });
    expect(chat.code, chat.err).toBe(0);
  },
  120_000,
);
