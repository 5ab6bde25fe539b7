import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, it } from "vitest";
import { freePort } from "../support/database/postgres.js";
import { planWith } from "../support/gateway/gateway.js";
import { type Cleanups, program, until, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Containers and pods keep their volume: a process starts on what one before it has left there. */
it.each([
  ["engine", "readiness", ["--model=assistant"]],
  ["gateway", "liveness", []],
])(
  "`keelson serve` with the module %s starts again on its data, after a kill -9 too",
  async (module, probe, options) => {
    const directory = workDirectory(cleanups);
    const secrets = join(directory, "secrets", "internal");
    mkdirSync(secrets, { recursive: true });
    for (const name of ["token", "engine-token", "operator-token", "audit-key"])
      writeFileSync(join(secrets, name), "t".repeat(40), { mode: 0o600 });
    writeFileSync(join(directory, "plan.json"), JSON.stringify(planWith("assistant: { engine: simulated }")));
    for (let start = 1; start <= 3; start += 1) {
      const port = await freePort();
      const child = spawn(
        process.execPath,
        [
          program,
          "serve",
          `--plan=${join(directory, "plan.json")}`,
          `--modules=${module}`,
          ...options,
          `--listen=127.0.0.1:${port}`,
          `--data=${join(directory, "data")}`,
          `--secrets=${join(directory, "secrets")}`,
        ],
        { stdio: ["ignore", "ignore", "pipe"] },
      );
      cleanups.push(() => ended(child));
      let errors = "";
      child.stderr.on("data", (part: Buffer) => {
        errors += part.toString();
      });
      await until(
        async () => {
          if (child.exitCode !== null) throw new Error(`start ${start} ended with ${child.exitCode}:\n${errors}`);
          return fetch(`http://127.0.0.1:${port}/health/${probe}`).then(
            ({ ok }) => ok,
            () => false,
          );
        },
        30_000,
        `start ${start} to be alive`,
      );
      await ended(child);
    }
  },
);

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
