import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { ChildConfig } from "../../src/runtime/engine/child/protocol.js";
import { freePort } from "../support/database/postgres.js";
import { planWith } from "../support/gateway/gateway.js";

const program = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));
const engine = fileURLToPath(new URL("../../dist/runtime/engine/child/main.js", import.meta.url));

const started: ChildProcess[] = [];
let directory: string | undefined;
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** The exit code; undefined if the process still runs after 10 s. */
async function exitOf(child: ChildProcess): Promise<number | null | undefined> {
  const late = new AbortController();
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const code = await Promise.race([ended, sleep(10_000, undefined, late)]);
  late.abort();
  return code;
}

describe("a process whose parent exits before it serves", () => {
  // From before the process listens for the end of its IPC channel to the middle of its start.
  it.each([
    { when: "immediately", file: undefined },
    { when: "once it has created its token", file: "secrets/internal/token" },
    { when: "once it has created its data directory", file: "data" },
  ])(
    "exits at once with an error: keelson serve, $when",
    async ({ file }) => {
      directory = await mkdtemp(join(tmpdir(), "keelson-no-parent-"));
      const plan = join(directory, "plan.json");
      await writeFile(plan, JSON.stringify(planWith("assistant: { engine: simulated }")));
      // Nothing listens at these addresses: the start waits, as it does if the database has stopped with the parent.
      const unreachable = `http://127.0.0.1:${await freePort()}`;
      const options = [
        "serve",
        "--plan",
        plan,
        "--modules",
        "gateway,engine,accounts",
        "--peer",
        `usage=${unreachable}`,
      ];
      const directories = [
        "--listen",
        "127.0.0.1:0",
        "--data",
        join(directory, "data"),
        "--secrets",
        join(directory, "secrets"),
      ];
      await mkdir(join(directory, "secrets/database"), { recursive: true });
      await writeFile(
        join(directory, "secrets/database/url"),
        `postgres://user:none@127.0.0.1:${await freePort()}/none`,
      );
      const child = fork(program, [...options, ...directories], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
      started.push(child);
      let output = "";
      child.stderr?.on("data", (text: Buffer) => {
        output += text.toString();
      });
      const awaited = file === undefined ? undefined : join(directory, file);
      if (awaited !== undefined)
        await expect.poll(() => existsSync(awaited), { timeout: 10_000, interval: 5 }).toBe(true);
      child.disconnect();
      expect(await exitOf(child)).toBe(1);
      expect(output).toContain("error serve/no-parent the process that started this one has exited");
    },
    30_000,
  );

  it.each([
    { when: "immediately", awaitReady: false },
    { when: "once it is ready", awaitReady: true },
  ])(
    "exits: an engine's child, $when",
    async ({ awaitReady }) => {
      const times = { prefillRate: 1000, stepMs: 10, perSequenceMs: 1, cacheTokens: 10_000, batch: 4 };
      const config: ChildConfig = {
        engine: "simulated",
        substitute: false,
        model: "small",
        context: 2048,
        embeddings: false,
        times,
      };
      const child = fork(engine, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
      started.push(child);
      const ready = new Promise<void>((resolve) => child.once("message", () => resolve()));
      await new Promise<void>((resolve) => child.send(config, () => resolve()));
      if (awaitReady) await ready;
      child.disconnect();
      expect(await exitOf(child)).not.toBeUndefined();
    },
    30_000,
  );
});
