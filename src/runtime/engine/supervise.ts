import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { statIfPresentSync } from "../../disk/read.js";
import { type ChildConfig, childReport } from "./child/protocol.js";

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

export type ChildState =
  /** `failures`: number of exits since it was last ready. */
  | { readonly kind: "starting"; readonly reason: string | undefined; readonly failures: number }
  | { readonly kind: "ready"; readonly port: number; readonly pid: number };

/** Keeps one engine's child process running: restarts it with backoff when it exits, until it is stopped. */
export class SupervisedChild {
  #child: ChildProcess | undefined;
  #state: ChildState = { kind: "starting", reason: undefined, failures: 0 };
  #crashes = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: ChildConfig,
    private readonly log: Logger,
    private readonly onChange: (state: ChildState) => void,
  ) {
    this.#start();
  }

  get state(): ChildState {
    return this.#state;
  }

  /** Stops the child by closing its IPC channel; kills it after `STOP_TIMEOUT_MS`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
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
    const child = fork(childProgram(), [], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
    this.#child = child;
    let lastOutput = "";
    child.stderr?.on("data", (text: Buffer) => {
      lastOutput = (lastOutput + text.toString()).slice(-MAX_STDERR_CHARACTERS);
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    child.on("message", (message) => {
      const report = childReport.safeParse(message);
      if (!report.success) return;
      clearTimeout(limit);
      if (report.data.kind === "failed") lastOutput = report.data.reason;
      else if (child.pid !== undefined) this.#change({ kind: "ready", port: report.data.port, pid: child.pid });
    });
    child.on("error", (error) => {
      lastOutput = error.message;
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      if (this.#stopped) return;
      this.#crashes = Date.now() - startedAt > STABLE_AFTER_MS ? 1 : this.#crashes + 1;
      const why = lastOutput.trim().split("\n").at(-1) ?? "";
      const reason = `exited with ${signal ?? `status ${code}`}${why === "" ? "" : `: ${why}`}`;
      const wait = backoff(this.#crashes);
      this.log.warn(
        { model: this.config.model, engine: this.config.engine, reason, restartInMs: wait },
        "engine exited; restarting",
      );
      const failures = this.#state.kind === "ready" ? 1 : this.#state.failures + 1;
      this.#change({ kind: "starting", reason, failures });
      this.#timer = setTimeout(() => this.#start(), wait);
    });
    child.send(this.config, (error) => {
      if (error) lastOutput = error.message;
    });
  }

  #change(state: ChildState): void {
    this.#state = state;
    this.onChange(state);
  }
}
