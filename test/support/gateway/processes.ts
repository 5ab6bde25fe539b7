import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));

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

  /** Resolves once it is ready; rejects with what it said after `limit` milliseconds, or when it ends before. */
  async start(limit = 30_000): Promise<void> {
    const child = spawn(process.execPath, [program, "serve", ...this.args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, KEELSON_LOG: "warn" },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        this.output = (this.output + data.toString()).slice(-20_000);
      });
    }
    for (const end = Date.now() + limit; Date.now() < end; ) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      const ready = await fetch(`${this.url}/health/readiness`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`keelson serve ${this.args.join(" ")} is not ready:\n${this.output}`);
  }

  /** As hard as it gets. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As an orchestrator does it: the process drains. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await gone;
    clearTimeout(force);
  }
}
