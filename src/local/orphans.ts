import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { endByForce, isAlive, type Owner, ownerNow } from "../disk/lock.js";
import { processIds, readProcessFile } from "../disk/proc.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Layout } from "./layout.js";

const run = promisify(execFile);
/** From SIGKILL to being gone: the kernel may have files to close on a slow disk. */
const LAST_PATIENCE = 5_000;

/** A `keelson serve` whose supervisor was killed. */
export interface Orphan extends Owner {
  /** The plan's unit that it runs; undefined where it runs the whole platform. */
  readonly unit: string | undefined;
}

/**
 * Waits for the `keelson serve`s that a killed `keelson up` has left on this data: they finish their answers, write the
 * usage of each to the disk, and end by themselves. One that is still there after `limit` milliseconds (by its unit) is
 * ended by force, which costs what it has not finished. The caller holds the lock of the data directory, so that no living
 * supervisor has any of them. Throws `platform/orphan` where one cannot be ended, and the reason of `signal`.
 */
export async function outliveOrphans(
  places: Pick<Layout, "modules">,
  limit: (unit: string | undefined) => number,
  onProgress: (what: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const orphans = await orphansOf(places);
  await Promise.all(
    orphans.map(async (orphan) => {
      if (await outlive(orphan, limit(orphan.unit), onProgress, signal)) return;
      throw new KeelsonError("platform/orphan", `process ${orphan.pid} of an earlier platform cannot be ended`, {
        hint: `it holds ${places.modules}; see what it waits for: ps -o pid,user,stat,wchan,cmd -p ${orphan.pid}`,
      });
    }),
  );
}

/** True when it is gone. */
async function outlive(
  orphan: Orphan,
  limit: number,
  onProgress: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { pid } = orphan;
  const seconds = Math.ceil(limit / 1000);
  onProgress(
    `waiting for process ${pid}, whose platform was killed, to finish its answers and write their usage (at most ${seconds} s)`,
  );
  for (const end = performance.now() + limit; performance.now() < end; await sleep(100, undefined, { signal })) {
    if (!(await isAlive(orphan))) {
      onProgress(`process ${pid} has finished`);
      return true;
    }
  }
  onProgress(`process ${pid} has not finished within ${seconds} s: ending it`);
  return endByForce(orphan, LAST_PATIENCE);
}

/** Every `keelson serve` that has its files below this data's `modules`, by its own words on the command line. */
export async function orphansOf({ modules }: Pick<Layout, "modules">): Promise<Orphan[]> {
  const home = await real(modules);
  const found: Orphan[] = [];
  for (const { pid, words } of await commandLines()) {
    const at = words.findIndex(
      (word, index) => index > 0 && word === "serve" && /keelson(\.js)?$/.test(words[index - 1] ?? ""),
    );
    if (at < 0 || pid === process.pid) continue;
    const data = after(words, at, "--data");
    if (data === undefined || !(await real(data)).startsWith(`${home}${sep}`)) continue;
    const owner = await ownerNow(pid);
    if (owner !== undefined) found.push({ ...owner, unit: after(words, at, "--unit") });
  }
  return found;
}

function after(words: readonly string[], from: number, option: string): string | undefined {
  const at = words.indexOf(option, from);
  return at < 0 ? undefined : words[at + 1];
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function commandLines(): Promise<{ readonly pid: number; readonly words: readonly string[] }[]> {
  if (process.platform !== "linux") return commandLinesOfPs();
  const pids = (await processIds()).filter((pid) => pid > 1);
  return Promise.all(
    pids.map(async (pid) => {
      const line = (await readProcessFile(pid, "cmdline")) ?? "";
      return { pid, words: line.split("\0") };
    }),
  );
}

/** Without /proc the words cannot be told from blanks within them: a path with a blank is not recognised. */
async function commandLinesOfPs(): Promise<{ readonly pid: number; readonly words: readonly string[] }[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "pid=,args="]).catch(() => ({ stdout: "" }));
  return stdout.split("\n").flatMap((line) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || args === undefined ? [] : [{ pid: Number(pid), words: args.split(" ") }];
  });
}
