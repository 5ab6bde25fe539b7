import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const Answer = z.object({ id: z.number(), value: z.unknown().optional(), error: z.string().optional() });

/** A client that runs as a process of its own, in the network of the system that it calls. */
export interface RemoteClient {
  /** Calls a method of the script; rejects with its error, or when the signal aborts. */
  call(method: string, signal?: AbortSignal, argument?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a script of `clients/` with `settings`. `enter` is the command prefix that runs a program in another network. */
export function startClient(script: string, settings: unknown, enter: readonly string[]): RemoteClient {
  const file = fileURLToPath(new URL(`./clients/${script}`, import.meta.url));
  const [command = process.execPath, ...args] = [...enter, process.execPath, file, JSON.stringify(settings)];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, (answer: z.infer<typeof Answer>) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = Answer.parse(JSON.parse(line));
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let calls = 0;
  return {
    call: (method, signal, argument) =>
      new Promise((resolve, reject) => {
        calls += 1;
        const id = calls;
        waiting.set(id, ({ error, value }) => (error === undefined ? resolve(value) : reject(new Error(error))));
        signal?.addEventListener("abort", () => {
          waiting.delete(id);
          reject(new Error("no answer in time"));
        });
        child.stdin.write(`${JSON.stringify({ id, method, argument })}\n`);
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
