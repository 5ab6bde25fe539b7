import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../src/local/free-port.js";
import { serverProcesses } from "../../../src/postgres/strays.js";

export const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

export type Cleanups = (() => Promise<unknown> | unknown)[];

/** An empty working directory; removed after the test. */
export function workDirectory(cleanups: Cleanups): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-up-"));
  chmodSync(path, 0o755);
  cleanups.push(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  return path;
}

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  readonly timeout?: number;
  readonly input?: string;
  /** Sends SIGINT when it aborts: Ctrl-C. */
  readonly interrupt?: AbortSignal;
}

/** Runs a command until it exits. */
export async function keelson(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { env, uid, gid, timeout = 60_000, input, interrupt } = options;
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (input !== undefined) child.stdin?.end(input);
  interrupt?.addEventListener("abort", () => child.kill("SIGINT"));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return { code, out: out(), err: err() };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return () => text;
}

/** `keelson up` in the foreground, as a user starts it in a terminal. */
export interface Up {
  readonly child: ChildProcess;
  readonly cwd: string;
  readonly data: string;
  readonly port: number;
  readonly url: string;
  /** The JSON that `--json` prints once the platform is ready. */
  readonly report: Record<string, unknown>;
  readonly tookMs: number;
  err(): string;
  /** The key of this terminal, for the model APIs. */
  key(): Promise<string>;
  status(): Promise<Status>;
  /** Waits until the terminal shows text of this pattern. */
  prints(pattern: RegExp, timeout?: number): Promise<void>;
  stop(): Promise<number | null>;
}

export interface Status {
  readonly state: string;
  readonly processes: {
    readonly name: string;
    readonly pid?: number;
    readonly phase: string;
    readonly restarts: number;
  }[];
  readonly backups: { readonly count?: number; readonly newest?: { readonly id: string; readonly valid?: boolean } };
  readonly archive?: { readonly archived: number; readonly failing?: { readonly reason: string } };
}

/** Starts the platform and waits until it is ready. The cleanup stops all of its processes, whatever the test did to them. */
export async function up(
  cleanups: Cleanups,
  options: { cwd?: string; args?: readonly string[]; env?: NodeJS.ProcessEnv; port?: number } = {},
): Promise<Up> {
  const cwd = options.cwd ?? workDirectory(cleanups);
  const data = join(cwd, "data");
  const port = options.port ?? (await freePort());
  const startedAt = performance.now();
  const args = ["up", ...(options.args ?? []), "--json", "--port", String(port), "--data", data];
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  const stop = async () => {
    child.kill("SIGINT");
    return closed;
  };
  cleanups.push(async () => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await stop();
    clearTimeout(timer);
    await untilNone(() => serverProcesses(join(data, "postgres", "data")), 20_000);
  });
  for (const end = Date.now() + 90_000; !out().includes("\n"); await sleep(20)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`keelson up was not ready: ${err()}`);
  }
  return {
    child,
    cwd,
    data,
    port,
    url: `http://127.0.0.1:${port}`,
    report: JSON.parse(out().split("\n")[0] ?? ""),
    tookMs: performance.now() - startedAt,
    err,
    key: async () => (await readFile(join(data, "secrets/terminal/key"), "utf8")).trim(),
    async status() {
      const { out: text, err: problem } = await keelson(cwd, ["status", "--json", "--data", data]);
      if (text === "") throw new Error(problem);
      return JSON.parse(text);
    },
    async prints(pattern, timeout = 60_000) {
      for (const end = Date.now() + timeout; !pattern.test(err()); await sleep(50))
        if (Date.now() > end) throw new Error(`${pattern} was not printed:\n${err()}`);
    },
    stop,
  };
}

export async function untilNone(list: () => Promise<readonly unknown[]>, timeout: number): Promise<void> {
  for (const end = Date.now() + timeout; Date.now() < end; await sleep(50)) if ((await list()).length === 0) return;
  throw new Error(`still present: ${JSON.stringify(await list())}`);
}

export async function until(condition: () => Promise<boolean> | boolean, timeout: number, what: string): Promise<void> {
  for (const end = Date.now() + timeout; Date.now() < end; await sleep(50)) if (await condition()) return;
  throw new Error(`${what}: not within ${timeout} ms`);
}

/** One chat over HTTP; its id in the ledger. */
export async function chat(platform: Pick<Up, "url" | "key">): Promise<{ status: number; id: string | null }> {
  const response = await fetch(`${platform.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${await platform.key()}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "assistant", max_tokens: 4, messages: [{ role: "user", content: "hello" }] }),
  });
  await response.text();
  return { status: response.status, id: response.headers.get("x-request-id") };
}
