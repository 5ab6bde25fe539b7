import { type ChildProcess, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { request } from "undici";
import { statIfPresentSync } from "../../disk/read.js";
import type { Watch } from "../../promises/facts/supervisor.js";
import { socketUrl } from "../../unix-sockets/socket-url.js";
import { type ChildConfig, type ChildStart, childReport } from "./child/protocol.js";

const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;
/** A child that has run for this time is stable: the backoff after the next crash is the minimum again. */
const STABLE_AFTER_MS = 30_000;
/** From the start of a child until it is ready: a large model may be read from a slow disk. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 2_000;
const MAX_STDERR_CHARACTERS = 2_000;

/** Milliseconds before the start after `crashes` consecutive crashes. */
function backoff(crashes: number): number {
  return Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.max(0, crashes - 1));
}

/** The compiled program of the child, also when this file itself runs as TypeScript. */
function childProgram(): string {
  const beside = new URL("./child/main.js", import.meta.url);
  return fileURLToPath(
    statIfPresentSync(fileURLToPath(beside)) ? beside : new URL(beside.href.replace("/src/", "/dist/")),
  );
}

/**
 * Variables of the environment that an engine receives. Its native code parses files and prompts of others, so it receives no
 * credentials.
 */
const VARIABLES = [
  ...["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"],
  ...["MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"],
];

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

export type ChildState =
  | {
      readonly kind: "starting";
      /** Why the last run ended. */
      readonly reason: string | undefined;
      /** Exits before it was ready, since it was last ready. */
      readonly failedStarts: number;
      /** Whether the child itself reported `reason`. */
      readonly explained: boolean;
    }
  /** `url`: of its Unix socket, as `socketUrl` makes it. */
  | { readonly kind: "ready"; readonly url: string; readonly pid: number };

/**
 * Keeps one engine's child process running: restarts it with backoff when it exits, and kills it when it does not respond to its
 * probes, until it is stopped. `socket`: the path of the Unix socket on which it serves, in a directory that only this user can enter.
 * `watch`: the liveness probe of the model's unit, from which the promises are predicted.
 */
export class SupervisedChild {
  #child: ChildProcess | undefined;
  #state: ChildState = { kind: "starting", reason: undefined, failedStarts: 0, explained: false };
  #crashes = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #probing: NodeJS.Timeout | undefined;
  readonly #url: string;

  constructor(
    private readonly config: ChildConfig,
    private readonly socket: string,
    private readonly watch: Watch,
    private readonly log: Logger,
    private readonly onChange: (state: ChildState) => void,
  ) {
    this.#url = socketUrl(socket);
    this.#start();
  }

  get state(): ChildState {
    return this.#state;
  }

  /** Stops the child by closing its IPC channel; kills it after `STOP_TIMEOUT_MS`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#probing);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (child.connected) child.disconnect();
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(force);
  }

  #start(): void {
    const startedAt = Date.now();
    const child = fork(childProgram(), [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
      env: environment(),
    });
    this.#child = child;
    let lastOutput = "";
    let explained = false;
    let isReady = false;
    child.stderr?.on("data", (text: Buffer) => {
      lastOutput = (lastOutput + text.toString()).slice(-MAX_STDERR_CHARACTERS);
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    child.on("message", (message) => {
      const report = childReport.safeParse(message);
      if (!report.success) return;
      clearTimeout(limit);
      if (report.data.kind === "failed") {
        lastOutput = report.data.reason;
        explained = true;
      } else if (child.pid !== undefined) {
        isReady = true;
        this.#change({ kind: "ready", url: this.#url, pid: child.pid });
        this.#probe(child, Date.now());
      }
    });
    child.on("error", (error) => {
      lastOutput = error.message;
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      clearTimeout(this.#probing);
      rmSync(this.socket, { force: true });
      if (this.#stopped) return;
      this.#crashes = Date.now() - startedAt > STABLE_AFTER_MS ? 1 : this.#crashes + 1;
      const why = lastOutput.trim().split("\n").at(-1) ?? "";
      const reason = `exited with ${signal ?? `status ${code}`}${why === "" ? "" : `: ${why}`}`;
      const wait = backoff(this.#crashes);
      this.log.warn(
        { model: this.config.model, engine: this.config.engine, reason, restartInMs: wait },
        "engine exited; restarting",
      );
      const failedStarts = isReady ? 0 : (this.#state.kind === "starting" ? this.#state.failedStarts : 0) + 1;
      this.#change({ kind: "starting", reason, failedStarts, explained });
      this.#timer = setTimeout(() => this.#start(), wait);
    });
    const start: ChildStart = { config: this.config, socket: this.socket };
    child.send(start, (error) => {
      if (error) lastOutput = error.message;
    });
  }

  /** Probes the child until it exits. A hung child (a deadlock in native code, a stopped process) neither serves nor exits by itself. */
  #probe(child: ChildProcess, respondedAt: number): void {
    const { every, failures } = this.watch;
    this.#probing = setTimeout(async () => {
      const responds = await respondsTo(`${this.#url}/health`, every);
      if (this.#stopped || child.exitCode !== null || child.signalCode !== null) return;
      const silentMs = Date.now() - respondedAt;
      if (responds) this.#probe(child, Date.now());
      else if (silentMs < every * failures) this.#probe(child, respondedAt);
      else {
        const { model, engine } = this.config;
        this.log.error({ model, engine, pid: child.pid, silentMs }, "the engine does not respond; killing it");
        child.kill("SIGKILL");
      }
    }, every);
    this.#probing.unref();
  }

  #change(state: ChildState): void {
    this.#state = state;
    this.onChange(state);
  }
}

async function respondsTo(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(timeoutMs) });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
