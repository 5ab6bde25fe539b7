import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/postgres/server.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { type Cleanups, keelson, program, until, untilNone, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The writing end of a pipe that is full and that nobody reads: whoever writes to it waits. */
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
  throw new Error("the pipe takes no end of data");
}

test.skipIf(process.platform !== "linux")(
  "the first key is lost to no kill before it was printed: the next start shows it",
  async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const kept = join(data, "secrets/first-key/key");
    const args = ["up", "--json", "--port", String(await freePort()), "--data", data];
    const first = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", fullPipe(cwd), "ignore"] });
    cleanups.push(() => first.kill("SIGKILL"));
    await until(() => existsSync(kept), 60_000, "the first key");
    // Signing in, the key of this terminal and the models' reasons take three seconds at most.
    await sleep(5_000);
    const key = readFileSync(kept, "utf8").trim();
    const gone = once(first, "exit");
    first.kill("SIGKILL");
    await gone;
    await untilNone(() => serverProcesses(join(data, "postgres/data")), 20_000);

    const second = await up(cleanups, { cwd });
    expect(second.told["firstKey"]).toBe(key);
    await until(() => !existsSync(kept), 5_000, "the removal of what was shown");
    const asked = await keelson(cwd, ["chat", "Hello?", "--json", "--data", data], { env: { KEELSON_API_KEY: key } });
    expect(asked.code, asked.err).toBe(0);
  },
  120_000,
);
