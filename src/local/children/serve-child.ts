import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import type { KeelsonError } from "../../errors/keelson-error.js";
import type { ServeSpec } from "../processes.js";
import { type Child, type Exit, exitWords } from "./child.js";
import { reportedError } from "./serve-report.js";

const READINESS_INTERVAL_MS = 25;
const READINESS_TIMEOUT_MS = 2_000;
/** From the exit of a process to the last message from its IPC channel. */
const LAST_MESSAGE_TIMEOUT_MS = 1_000;

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

export interface ServePlaces {
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
export function serveArguments(spec: ServeSpec, places: ServePlaces): string[] {
  const host = spec.host.includes(":") ? `[${spec.host}]` : spec.host;
  return [
    "serve",
    ...["--plan", places.plan],
    ...["--modules", spec.modules.join(",")],
    ...["--listen", `${host}:${spec.port}`],
    ...["--data", places.data],
    ...["--secrets", places.secrets],
    ...["--public-url", places.publicUrl],
    ...(spec.unit === undefined ? [] : ["--unit", spec.unit]),
    ...(spec.model === undefined ? [] : ["--model", spec.model]),
    ...Object.entries(spec.peers).flatMap(([module, url]) => ["--peer", `${module}=${url}`]),
  ];
}

/**
 * Settings for a process on a laptop, which must leave memory for others (`npm run bench -- gateway` measures it). glibc gives
 * an arena to each thread and keeps the memory of large prompts unless configured to return it. V8 lets the old generation grow
 * to several times the live data on a machine with much memory, and collects in as many threads as there are cores: those
 * wait for each other in turns of two milliseconds, which cost a fifth of the time of every request.
 */
const LOW_MEMORY = {
  variables: { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "131072" },
  options: ["--max-semi-space-size=8", "--single-threaded-gc", "--heap-growing-percent=100"],
};

/** Starts `keelson serve`. It drains and exits by itself when this process exits, because the IPC channel between them closes. */
export async function startServe(spec: ServeSpec, places: ServePlaces): Promise<Child> {
  const log = await open(places.log, "a", 0o600);
  const child = fork(program, serveArguments(spec, places), {
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    env: { ...LOW_MEMORY.variables, ...process.env, KEELSON_CONTROL: places.control },
    execArgv: [...process.execArgv, ...LOW_MEMORY.options],
    // A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops the processes in their order.
    detached: true,
  });
  let error: KeelsonError | undefined;
  child.on("message", (message) => {
    error = reportedError(message) ?? error;
  });
  child.on("error", () => undefined);
  const ended = exitOf(child);
  await Promise.race([once(child, "spawn"), ended]);
  await log.close();
  const url = serveUrl(spec);
  const exited: Promise<Exit> = ended.then(({ code, signal }) => ({
    how: exitWords(code, signal),
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
