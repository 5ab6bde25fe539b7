import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import type { KeelsonError } from "../../errors/keelson-error.js";
import { socketUrl } from "../../unix-sockets/socket-url.js";
import type { ServeSpec } from "../processes.js";
import { type Child, describeExit, type Exit } from "./child.js";
import { reportedError } from "./serve-report.js";

const READINESS_INTERVAL_MS = 25;
const READINESS_TIMEOUT_MS = 2_000;
/** From the exit of a process to the last message from its IPC channel. */
const LAST_MESSAGE_TIMEOUT_MS = 1_000;

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

export interface ServePaths {
  readonly plan: string;
  readonly data: string;
  readonly secrets: string;
  readonly log: string;
  readonly control: string;
  /** Public base URL of the platform. */
  readonly publicUrl: string;
}

export function serveUrl(spec: Pick<ServeSpec, "host" | "port">): string {
  const host = spec.host === "0.0.0.0" || spec.host === "::" ? "127.0.0.1" : spec.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${spec.port}`;
}

/** The command line of `keelson serve` for one process. */
export function serveArguments(spec: ServeSpec, paths: ServePaths): string[] {
  const host = spec.host.includes(":") ? `[${spec.host}]` : spec.host;
  return [
    "serve",
    ...["--plan", paths.plan],
    ...["--modules", spec.modules.join(",")],
    ...["--listen", `${host}:${spec.port}`],
    ...["--socket", spec.socket],
    ...["--data", paths.data],
    ...["--secrets", paths.secrets],
    ...["--public-url", paths.publicUrl],
    ...(spec.unit === undefined ? [] : ["--unit", spec.unit]),
    ...(spec.model === undefined ? [] : ["--model", spec.model]),
    ...Object.entries(spec.peers).flatMap(([module, url]) => ["--peer", `${module}=${url}`]),
  ];
}

/**
 * Settings that limit the memory of a process on a laptop (`npm run bench -- gateway` measures it). By default glibc creates an
 * arena per thread and does not return the memory of large prompts to the system. On a machine with much memory V8 lets the old
 * generation grow to several times the live data. It also collects in as many threads as there are cores, which wait for each
 * other in steps of two milliseconds: that took a fifth of the time of every request.
 */
const LOW_MEMORY = {
  variables: { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "131072" },
  options: ["--max-semi-space-size=8", "--single-threaded-gc", "--heap-growing-percent=100"],
};

/** Starts `keelson serve`. It drains and exits by itself when this process exits, because the IPC channel between them closes. */
export async function startServe(spec: ServeSpec, paths: ServePaths): Promise<Child> {
  const log = await open(paths.log, "a", 0o600);
  let child: ChildProcess;
  let error: KeelsonError | undefined;
  let ended: ReturnType<typeof exitOf>;
  try {
    child = fork(program, serveArguments(spec, paths), {
      stdio: ["ignore", log.fd, log.fd, "ipc"],
      env: { ...LOW_MEMORY.variables, ...process.env, KEELSON_CONTROL: paths.control },
      execArgv: [...process.execArgv, ...LOW_MEMORY.options],
      // A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops the processes in their order.
      detached: true,
    });
    child.on("message", (message) => {
      error = reportedError(message) ?? error;
    });
    child.on("error", () => undefined);
    ended = exitOf(child);
    // Rejects if the program cannot be started.
    await Promise.race([once(child, "spawn"), ended]);
  } finally {
    await log.close();
  }
  // Another user can take the connections of the port, or the port itself while the process restarts.
  const url = socketUrl(spec.socket);
  const exited: Promise<Exit> = ended.then(({ code, signal }) => ({
    how: describeExit(code, signal),
    ...(error && { error }),
  }));
  return {
    pid: async () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
    ready: untilReady(url, exited),
    exited,
    probe: (timeout) => responds(`${url}/health/liveness`, timeout),
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Resolves when the process has exited and every message that it sent before has arrived. */
async function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const disconnected = new Promise<void>((resolve) => child.once("disconnect", () => resolve()));
  const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, "exit");
  if (child.connected) await Promise.race([disconnected, sleep(LAST_MESSAGE_TIMEOUT_MS)]);
  return { code: typeof code === "number" ? code : null, signal: typeof signal === "string" ? signal : null };
}

async function untilReady(url: string, exited: Promise<Exit>): Promise<void> {
  let running = true;
  void exited.then(() => {
    running = false;
  });
  while (running) {
    if (await responds(`${url}/health/readiness`, READINESS_TIMEOUT_MS)) return;
    await sleep(READINESS_INTERVAL_MS);
  }
  return new Promise(() => undefined);
}

async function responds(url: string, timeout: number): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: timeout, bodyTimeout: timeout });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
