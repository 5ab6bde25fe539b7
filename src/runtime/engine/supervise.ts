import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { statIfPresentSync } from "../../disk/read.js";
import { type ChildConfig, childReport } from "./child/protocol.js";

const firstWait = 200;
const longestWait = 30_000;
/** A child that lived so long has recovered: the next crash begins with a short wait again. */
const healthyAfter = 30_000;
/** Until a child says that it is ready: a large model is read from a slow disk. */
const startLimit = 300_000;

/** How long to wait before the start after `crashes` in a row. */
function backoff(crashes: number): number {
  return Math.min(longestWait, firstWait * 2 ** Math.max(0, crashes - 1));
}

/** The compiled program. Under a runner that takes TypeScript as it is, the child is the one that was built. */
function childProgram(): string {
  const beside = new URL("./child/main.js", import.meta.url);
  return fileURLToPath(
    statIfPresentSync(fileURLToPath(beside)) ? beside : new URL(beside.href.replace("/src/", "/dist/")),
  );
}

export type ChildState =
  /** `failures`: how often it ended since it was last ready. */
  | { readonly kind: "starting"; readonly reason: string | undefined; readonly failures: number }
  | { readonly kind: "ready"; readonly port: number; readonly pid: number };

/** Keeps one engine's child process running: started anew with backoff whenever it ends, until it is stopped. */
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

  /** Ends the child; it dies with its channel, and by force when it does not. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (child.connected) child.disconnect();
    const force = setTimeout(() => child.kill("SIGKILL"), 2000);
    await ended;
    clearTimeout(force);
  }

  #start(): void {
    const began = Date.now();
    const child = fork(childProgram(), [], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
    this.#child = child;
    let words = "";
    child.stderr?.on("data", (text: Buffer) => {
      words = (words + text.toString()).slice(-2000);
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), startLimit);
    child.on("message", (message) => {
      const report = childReport.safeParse(message);
      if (!report.success) return;
      clearTimeout(limit);
      if (report.data.kind === "failed") words = report.data.reason;
      else if (child.pid !== undefined) this.#change({ kind: "ready", port: report.data.port, pid: child.pid });
    });
    child.on("error", (error) => {
      words = error.message;
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      if (this.#stopped) return;
      this.#crashes = Date.now() - began > healthyAfter ? 1 : this.#crashes + 1;
      const why = words.trim().split("\n").at(-1) ?? "";
      const reason = `ended with ${signal ?? `status ${code}`}${why === "" ? "" : `: ${why}`}`;
      const wait = backoff(this.#crashes);
      this.log.warn(
        { model: this.config.model, engine: this.config.engine, reason, restartInMs: wait },
        "engine ended; it is started again",
      );
      const failures = this.#state.kind === "ready" ? 1 : this.#state.failures + 1;
      this.#change({ kind: "starting", reason, failures });
      this.#timer = setTimeout(() => this.#start(), wait);
    });
    child.send(this.config, (error) => {
      if (error) words = error.message;
    });
  }

  #change(state: ChildState): void {
    this.#state = state;
    this.onChange(state);
  }
}
