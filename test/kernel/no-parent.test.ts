import { type ChildProcess, fork } from "node:child_process";
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

/** The exit code; undefined while it has not ended 10 s later. */
async function exitOf(child: ChildProcess): Promise<number | null | undefined> {
  const late = new AbortController();
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const code = await Promise.race([ended, sleep(10_000, undefined, late)]);
  late.abort();
  return code;
}

describe("a process whose parent exits before it serves", () => {
  // From before it can listen for the end of its channel to the middle of its start.
  it.each([0, 150, 300, 600])(
    "exits at once with an error: keelson serve, after %i ms",
    async (after) => {
      directory = await mkdtemp(join(tmpdir(), "keelson-no-parent-"));
      const plan = join(directory, "plan.json");
      await writeFile(plan, JSON.stringify(planWith("assistant: { engine: simulated }")));
      // Nothing listens there, so the start takes long, as that of a process whose database has stopped with its parent.
      const away = `http://127.0.0.1:${await freePort()}`;
      const words = ["serve", "--plan", plan, "--modules", "gateway,engine,accounts", "--peer", `usage=${away}`];
      const places = [
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
      const child = fork(program, [...words, ...places], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
      started.push(child);
      let said = "";
      child.stderr?.on("data", (text: Buffer) => {
        said += text.toString();
      });
      await sleep(after);
      child.disconnect();
      expect(await exitOf(child)).toBe(1);
      expect(said).toContain("error serve/no-parent the process that started this one has exited");
    },
    30_000,
  );

  it.each([0, 50, 150])(
    "ends: an engine's child, after %i ms",
    async (after) => {
      const times = { prefillRate: 1000, stepMs: 10, perSequenceMs: 1, cacheTokens: 10_000, batch: 4 };
      const config: ChildConfig = { engine: "simulated", model: "small", context: 2048, embeddings: false, times };
      const child = fork(engine, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
      started.push(child);
      await new Promise<void>((resolve) => child.send(config, () => resolve()));
      await sleep(after);
      child.disconnect();
      expect(await exitOf(child)).not.toBeUndefined();
    },
    30_000,
  );
});
