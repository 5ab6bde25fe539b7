import { fork } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { readBytesIfPresent, statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { ServeSpec } from "../processes.js";
import { type Child, type Exit, exitWords } from "./child.js";

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

export interface ServePlaces {
  readonly plan: string;
  readonly data: string;
  readonly secrets: string;
  readonly log: string;
  readonly control: string;
  /** Address under which people reach the platform. */
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
 * A process that must leave room on a laptop (`npm run bench -- gateway` shows all of it). glibc gives an arena to each
 * thread, and keeps what large prompts took, unless told to give it back. V8 lets the old generation of a large machine
 * grow to several times of what is alive, and collects in as many threads as there are cores: those wait for each other in
 * turns of two milliseconds, which cost a fifth of the time of every request.
 */
const frugal = {
  variables: { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "131072" },
  options: ["--max-semi-space-size=8", "--single-threaded-gc", "--heap-growing-percent=100"],
};

/** Starts `keelson serve`. It ends by itself, after a drain, when this process is gone: the channel between them breaks. */
export async function startServe(spec: ServeSpec, places: ServePlaces): Promise<Child> {
  const logStart = (await statIfPresent(places.log))?.size ?? 0;
  const log = await open(places.log, "a", 0o600);
  const child = fork(program, serveArguments(spec, places), {
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    env: { ...frugal.variables, ...process.env, KEELSON_CONTROL: places.control },
    execArgv: [...process.execArgv, ...frugal.options],
    // A session of its own: Ctrl-C in the terminal reaches the supervisor only, which ends things in their order.
    detached: true,
  });
  const ended = once(child, "exit").then(([code, signal]: (number | NodeJS.Signals | null)[]) => ({
    code: typeof code === "number" ? code : null,
    signal: typeof signal === "string" ? signal : null,
  }));
  child.on("error", () => undefined);
  await Promise.race([once(child, "spawn"), ended]);
  await log.close();
  const url = serveUrl(spec);
  const exited: Promise<Exit> = ended.then(async ({ code, signal }) => {
    const error = await lastWords(places.log, logStart);
    return { how: exitWords(code, signal), ...(error && { error }) };
  });
  return {
    pid: async () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
    ready: untilReady(url, exited),
    exited,
    probe: (timeout) => answers(`${url}/health/liveness`, timeout),
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
  };
}

async function untilReady(url: string, exited: Promise<Exit>): Promise<void> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  while (!gone) {
    if (await answers(`${url}/health/readiness`, 2000)) return;
    await sleep(25);
  }
  return new Promise(() => undefined);
}

async function answers(url: string, timeout: number): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: timeout, bodyTimeout: timeout });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

const ERROR_LINE = /^error (\S+\/\S+|internal) (.*)$/;

/** The last error that the program printed before it ended, as an error again. */
async function lastWords(log: string, from: number): Promise<KeelsonError | undefined> {
  const text = ((await readBytesIfPresent(log)) ?? Buffer.alloc(0)).subarray(from).toString("utf8");
  const lines = text.split("\n");
  const at = lines.findLastIndex((line) => ERROR_LINE.test(line));
  const [, code, message] = ERROR_LINE.exec(lines[at] ?? "") ?? [];
  if (code === undefined || message === undefined) return undefined;
  const hint = /^ {2}hint: (.*)$/.exec(lines[at + 1] ?? "")?.[1];
  return KeelsonError.fromReport(code, message, hint);
}
