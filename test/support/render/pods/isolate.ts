import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A process in its own namespaces. The kernel kills it and its descendants when this process exits. */
export interface Isolated {
  readonly child: ChildProcess;
  readonly log: string;
  /** Signals its first process and waits, at most 20 s, until all its processes have exited. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export function isolate(namespaces: readonly string[], command: readonly string[], log: string): Isolated {
  const output = openSync(log, "a");
  const own = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--propagation", "private", ...namespaces];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "unshare", ...own, "--", ...command], {
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return gone;
    const first = await childOf(child.pid);
    const kill = (by: NodeJS.Signals) => (first === undefined ? child.kill("SIGKILL") : process.kill(first, by));
    kill(signal);
    // Redis does not exit while it writes its first file.
    const killer = setTimeout(() => kill("SIGKILL"), 20_000);
    await gone;
    clearTimeout(killer);
  };
  return { child, log, end };
}

/** The process id of the first process on the host, after it has executed `name` in its namespaces. */
export async function firstProcess({ child, log }: Isolated, name: string): Promise<number> {
  for (let attempt = 0; attempt < 250 && child.exitCode === null; attempt += 1) {
    const pid = child.pid === undefined ? undefined : await childOf(child.pid);
    if (pid !== undefined && (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === name) return pid;
    await sleep(20);
  }
  throw new Error(`no ${name} within five seconds: ${await readFile(log, "utf8")}`);
}

async function childOf(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const first = Number(children.trim().split(" ")[0]);
  return first > 0 ? first : undefined;
}
