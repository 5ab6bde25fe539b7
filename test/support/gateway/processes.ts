import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until as pollUntil } from "../until.js";

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

const START_TIMEOUT_MS = 30_000;

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/readiness`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Resolves once the process at `url` is ready; rejects after 30 s. */
export function untilReady(url: string): Promise<void> {
  return pollUntil(() => isReady(url), `readiness of ${url}`, START_TIMEOUT_MS);
}

/** A real `keelson serve` process that can be killed and started again on the same port and data. */
export class ServeProcess {
  #child: ChildProcess | undefined;
  output = "";

  constructor(
    private readonly args: readonly string[],
    readonly url: string,
  ) {}

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the process does not run");
    return pid;
  }

  /**
   * Resolves once it is ready; rejects with its output when that takes too long or when it ends before. A process that a
   * debug point may kill before it is ready is started with `until it is killed`: its end resolves as well.
   */
  async start(
    environment: Readonly<Record<string, string>> = {},
    until: "until it is ready" | "until it is killed" = "until it is ready",
  ): Promise<void> {
    const child = spawn(process.execPath, [program, "serve", ...this.args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, KEELSON_LOG: "warn", ...environment },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        this.output = (this.output + data.toString()).slice(-20_000);
      });
    }
    const isEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await pollUntil(async () => isEnded() || (await isReady(this.url)), "readiness", START_TIMEOUT_MS).catch(() => {});
    if (isEnded() ? until === "until it is killed" : await isReady(this.url)) return;
    throw new Error(`keelson serve ${this.args.join(" ")} is not ready:\n${this.output}`);
  }

  /** Resolves with the signal that ended the process; rejects if it has not exited after 30 s. */
  async ended(): Promise<NodeJS.Signals | null> {
    const child = this.#child;
    if (child === undefined) throw new Error("the process does not run");
    await pollUntil(() => child.exitCode !== null || child.signalCode !== null, "the end of the process", 30_000);
    return child.signalCode;
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Sends SIGTERM, as an orchestrator does: the process drains. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await exited;
    clearTimeout(force);
  }
}
