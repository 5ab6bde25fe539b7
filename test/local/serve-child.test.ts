import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadPlan } from "../../src/cli/platform/load.js";
import { startServe } from "../../src/local/children/serve-child.js";
import { processes } from "../../src/local/processes.js";

const program = process.execPath;
const directories: string[] = [];
afterEach(async () => {
  process.execPath = program;
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** Whether this process has the file open. */
async function isOpen(path: string): Promise<boolean> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return targets.includes(path);
}

it.runIf(process.platform === "linux")("a process that cannot be spawned leaves its log file closed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "keelson-serve-"));
  directories.push(directory);
  const log = join(directory, "serve.log");
  process.execPath = join(directory, "no-such-program");
  const plan = await loadPlan("starter", undefined);
  const spec = processes(plan, { host: "127.0.0.1", port: 1, split: false, ports: [], sockets: directory }).specs.find(
    (each) => each.kind === "serve",
  );
  if (spec?.kind !== "serve") throw new Error("the plan starts no `keelson serve`");
  const paths = { plan: "plan.json", data: directory, secrets: directory, log, control: "", publicUrl: "" };
  const started = startServe(spec, paths);
  await expect(started).rejects.toMatchObject({ code: "ENOENT" });
  expect(await isOpen(log)).toBe(false);
});
