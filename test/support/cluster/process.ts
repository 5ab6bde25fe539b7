import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program of the cluster that this process started, with its output in a file. */
export interface Program {
  readonly name: string;
  readonly log: string;
  /** Sends SIGTERM, and SIGKILL after `grace` milliseconds. Resolves when the process has exited. */
  stop(grace?: number): Promise<void>;
  /** How it exited; undefined while it runs. */
  ended(): string | undefined;
  /** The last lines of its output, for error messages. */
  tail(): Promise<string>;
}

export interface ProgramOptions {
  readonly path: string;
  readonly args: readonly string[];
  /** Folder for the log. */
  readonly folder: string;
  readonly name?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Command prefix, such as `nsenter …`. */
  readonly enter?: readonly string[];
}

/**
 * Starts a program that the kernel kills when this process exits for any reason, so that an aborted test run leaves nothing
 * behind.
 */
export function startProgram(options: ProgramOptions): Program {
  const name = options.name ?? basename(options.path);
  const log = join(options.folder, `${name}.log`);
  const output = openSync(log, "a");
  const command = [...(options.enter ?? []), options.path, ...options.args];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command], {
    stdio: ["ignore", output, output],
    env: options.env ?? process.env,
    cwd: options.folder,
  });
  closeSync(output);
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      end = `could not be started: ${error.message}`;
      resolve();
    });
    child.once("exit", (code, signal) => {
      end = signal === null ? `exited with ${code}` : `was ended by ${signal}`;
      resolve();
    });
  });
  return {
    name,
    log,
    ended: () => end,
    stop: (grace = 5000) => stop(child, gone, grace),
    tail: async () => (await readFile(log, "utf8")).trimEnd().split("\n").slice(-15).join("\n"),
  };
}

async function stop(child: ChildProcess, gone: Promise<void>, grace: number): Promise<void> {
  child.kill("SIGTERM");
  const abort = new AbortController();
  const timer = sleep(grace, undefined, { signal: abort.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await gone;
  abort.abort();
  await timer;
}

/**
 * Calls `ready` every 50 ms until it returns true. Fails after `limit` milliseconds, or at once if one of `programs` has
 * exited, with the last lines of their logs.
 */
export async function until(
  what: string,
  limit: number,
  programs: readonly Program[],
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limit;
  for (;;) {
    if (await ready()) return;
    const dead = programs.find((program) => program.ended() !== undefined);
    if (dead !== undefined) throw new Error(`${what}: ${dead.name} ${dead.ended()}\n${await dead.tail()}`);
    if (performance.now() > deadline) {
      const logs = await Promise.all(programs.map(async (program) => `--- ${program.name}\n${await program.tail()}`));
      throw new Error(`${what}: not within ${limit / 1000} s\n${logs.join("\n")}`);
    }
    await sleep(50);
  }
}

/** Free ports of an address of this machine. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<{ port: number; close: () => Promise<void> }>((resolve, reject) => {
          const server = createServer();
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            if (address === null || typeof address === "string") return reject(new Error("no port was given"));
            resolve({ port: address.port, close: () => new Promise((closed) => server.close(() => closed())) });
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => server.close()));
  return servers.map((server) => server.port);
}
